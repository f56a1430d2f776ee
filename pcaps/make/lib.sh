# lib.sh: the department as network namespaces. Sourced by the capture scripts, not run.
#
#   department ct1 pacs ...      one namespace a device, all on one switch
#   capture FILE [FILTER]        tcpdump on the switch, which sees each frame exactly once
#   serve DEVICE PORT TOOL ARGS...       start a server; its log is NN-DEVICE-TOOL.log
#   client FROM TO PORT TOOL ARGS...           run a client to its end; its log likewise
#   deliver "what happened"      stop, trim the logs, derive the expectation, move the capture
#
# NEGOTIATION=kept, set by a script, leaves what was negotiated in its logs and so brings it into its expectation.
# Every log starts with who it belongs to, so that expect.py needs nothing but the logs folder.

MAKE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PCAPS=$(dirname "$MAKE")
PYTHON=${PYTHON:-/usr/bin/python3}          # Debian's, which has Debian's pydicom and hl7
FAMILY=${FAMILY:-4}
NAME=$(basename "$0")
WORK=$(mktemp -d)
LOGS=$WORK/logs; mkdir "$LOGS"
RUN=0 SERVERS=() SWITCH=dcmw-switch

for needed in ip ethtool tcpdump dumpcap storescu dcmqrscp wlmscpfs gdcmscu Orthanc mllp_send node curl; do
  command -v $needed >/dev/null || { echo "$needed is missing: see packages.txt" >&2; exit 1; }
done
[ -d "$MAKE/node_modules" ] || (cd "$MAKE" && npm ci --ignore-scripts) || exit 1

declare -A HOST=(
  [ct1]=10.11 [ct2]=10.12 [mr1]=10.21 [us1]=10.31 [dx1]=10.41
  [pacs]=20.10 [vna]=20.20 [ws1]=30.11 [ws2]=30.12
  [ris]=40.10 [engine]=40.20 [his]=40.30 [ai]=50.10
  [print]=60.30 [dns]=60.53 [ntp]=60.123 [vendor]=90.10 [rogue]=99.66)

address() {
  if [ "$FAMILY" = 6 ]; then echo "fd00:20::${HOST[$1]/./:}"; else echo "10.20.${HOST[$1]}"; fi
}

clear_up() {
  set +e
  for pid in "${SERVERS[@]}" $CAPTURE; do kill -CONT "$pid"; kill "$pid"; done 2>/dev/null
  sleep 0.3
  for ns in $(ip netns list | awk '/^dcmw-/{print $1}'); do
    ip netns pids "$ns" | xargs -r kill -9 2>/dev/null
    ip netns del "$ns"
  done
  [ -n "$KEEP" ] && echo "kept $WORK" >&2 || rm -rf "$WORK"
}

department() {
  # One department at a time: the namespaces have fixed names.
  exec 9>${TMPDIR:-/tmp}/dcmw-department.lock; flock 9
  trap clear_up EXIT; trap 'exit 1' INT TERM
  set -e
  ip netns add $SWITCH
  ip -n $SWITCH link add br0 type bridge
  quiet_ip6 $SWITCH
  # Promiscuous: the bridge hands every frame it forwards up to tcpdump, once.
  ip -n $SWITCH link set br0 promisc on up
  for device in "$@"; do
    ip netns add dcmw-$device
    ip link add eth0 netns dcmw-$device type veth peer name p-$device netns $SWITCH
    [ "$FAMILY" = 6 ] || quiet_ip6 dcmw-$device
    # No offloads: frames stay within the MTU and carry true checksums, as on a wire.
    ip netns exec dcmw-$device ethtool -K eth0 tso off gso off gro off tx off rx off >/dev/null 2>&1
    ip netns exec $SWITCH ethtool -K p-$device tso off gso off gro off tx off rx off >/dev/null 2>&1
    ip -n $SWITCH link set p-$device master br0 up
    ip -n dcmw-$device link set lo up
    if [ "$FAMILY" = 6 ]; then ip -n dcmw-$device addr add "$(address $device)/64" dev eth0 nodad
    else ip -n dcmw-$device addr add "$(address $device)/16" dev eth0; fi
    ip -n dcmw-$device link set eth0 up
    mkdir -p "$WORK/$device"; ln -s ../objects ../hl7 "$WORK/$device/"
  done
  cd "$WORK"
}

quiet_ip6() { ip netns exec $1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; }

inside() { local device=$1; shift; ip netns exec dcmw-$device "$@"; }

# CAPTURE_IN: the device to capture on instead of the switch. INTERFACE, SNAPLEN, PRECISION: as tcpdump takes them.
capture() {
  local file=$1 filter=${2:-tcp or udp or arp or (icmp6 and (ip6[40] = 135 or ip6[40] = 136))} log
  case $file in
    *.pcapng) ip netns exec dcmw-switch dumpcap -q -i br0 -f "$filter" -w - > "$WORK/$file" 2> tcpdump.err & ;;
    *) ip netns exec dcmw-${CAPTURE_IN:-switch} tcpdump --immediate-mode -U -s ${SNAPLEN:-0} -B 16384 -n \
         --time-stamp-precision=${PRECISION:-micro} -i ${INTERFACE:-br0} -w "$WORK/$file" "$filter" 2> tcpdump.err & ;;
  esac
  CAPTURE=$!
  until grep -qsE 'listening on|^File: ' tcpdump.err; do sleep 0.05; done
  # What a log says above this line was before the capture.
  for log in "$LOGS"/*.log; do [ -z "$LATE" ] || echo '#capture starts' >> "$log"; done
}

stop_capture() { sleep 0.5; kill $CAPTURE; wait $CAPTURE || true; CAPTURE=; grep -qE '(^| )0 packets dropped|dropped.*: [0-9]+/0 ' tcpdump.err || { cat tcpdump.err; false; }; }

next_log() { RUN=$((RUN + 1)); printf -v LOG '%s/%02d-%s-%s.log' "$LOGS" $RUN $1 "$(basename $2 .js)"; }

# DCMTK's debug level prints each association and each DIMSE message: that is the oracle.
verbosity() {
  case $1 in
    gdcmscu) echo -D ;;
    dcmprscu|dcmprscp) echo -ll debug +d ;;
    echoscu|storescu|findscu|movescu|getscu|dcmsend|termscu|storescp|dcmqrscp|wlmscpfs) echo -ll debug ;;
  esac
}

serve() {
  local device=$1 port=$2 tool=$3 log; shift 3
  next_log $device $tool; log=$LOG
  echo "#listener address=$(address $device) port=$port tool=$(basename $tool)" > "$log"
  echo "#command $(basename $tool) $*" >> "$log"
  (cd $device; exec ip netns exec dcmw-$device $tool $(verbosity $tool) "$@") >> "$log" 2>&1 &
  SERVER=$!; SERVERS+=($SERVER)
  until [ -n "$(inside $device ss -Hltn "sport = :$port")$(inside $device ss -Hlun "sport = :$port")" ]; do sleep 0.1; done
}

stop_server() { kill $1 2>/dev/null || true; wait $1 2>/dev/null || true; }

# A client may fail: a refused association is what some captures are about.
client() {
  local from=$1 to=$2 port=$3 tool=$4 log code=0; shift 4
  next_log $from $tool; log=$LOG
  echo "#opener source=$(address $from) destination=$(address $to) port=$port tool=$(basename $tool)" > "$log"
  echo "#command $(basename $tool) $*" >> "$log"
  (cd $from; exec ip netns exec dcmw-$from $tool $(verbosity $tool) "$@") >> "$log" 2>&1 < /dev/null || code=$?
  echo "#exit $code" >> "$log"
  # How the association ended, where this script ended it and the peers' logs cannot tell an abort from a close.
  [ -z "$ENDS" ] || echo "#end $ENDS" >> "$log"
}

# The clients in the words of the department: calling, called and address follow from the device names.
ae() { case $1 in ai) echo AINODE ;; print) echo PRINT1 ;; *) echo ${1^^} ;; esac; }
dcmtk() {   # dcmtk FROM TO PORT TOOL OPTIONS... -- FILES...
  local from=$1 to=$2 port=$3 tool=$4 options=(); shift 4
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ "$1" = -- ] && shift
  client $from $to $port $tool -aet "${CALLING:-$(ae $from)}" -aec "${CALLED:-$(ae $to)}" "${options[@]}" $(address $to) $port "$@"
}
gdcm() {    # gdcm FROM TO PORT OPTIONS...
  local from=$1 to=$2 port=$3; shift 3
  client $from $to $port gdcmscu -H $(address $to) -p $port --aetitle "${CALLING:-$(ae $from)}" --call "${CALLED:-$(ae $to)}" "$@"
}
dimse() {   # dimse FROM TO PORT COMMAND ARGS...   (dcmjs-dimse)
  local from=$1 to=$2 port=$3; shift 3
  client $from $to $port "$MAKE/dimse.js" "$1" $(address $to) $port "${CALLING:-$(ae $from)}" "${CALLED:-$(ae $to)}" "${@:2}"
}

# Orthanc as PACS. It listens for HTTP inside its own namespace only.
pacs() {
  cat > pacs/orthanc.json <<J
{ "Name": "PACS", "DicomAet": "PACS", "DicomPort": 11112, "DicomCheckCalledAet": ${PACS_CHECK_CALLED:-true},
  "HttpPort": 8042, "RemoteAccessAllowed": false, "AuthenticationEnabled": false,
  "StorageDirectory": "db", "IndexDirectory": "db", "Plugins": [], "SaveJobs": false, "DicomAssociationCloseDelay": 1,
  "DicomAlwaysAllowEcho": ${PACS_OPEN:-true}, "DicomAlwaysAllowStore": ${PACS_OPEN:-true}, "DicomAlwaysAllowFind": ${PACS_OPEN:-true},
  "DicomAlwaysAllowGet": ${PACS_OPEN:-true}, "DicomAlwaysAllowMove": ${PACS_OPEN:-true}, "DicomScuTimeout": 10,
  "UnknownSopClassAccepted": false,
  "DicomModalities": {
    "ct1": ["CT1", "$(address ct1)", 11112], "mr1": ["MR1", "$(address mr1)", 11112], "us1": ["US1", "$(address us1)", 11112],
    "ws1": ["WS1", "$(address ws1)", 11112], "ws2": ["WS2", "$(address ws2)", 11112],
    "ai": ["AINODE", "$(address ai)", 11112], "vna": ["VNA", "$(address vna)", 104] } }
J
  serve pacs 11112 Orthanc --verbose --trace-dicom orthanc.json
}
pacs_http() { inside pacs curl -sS --fail-with-body "http://127.0.0.1:8042$1" "${@:2}"; echo; }

pacs_holds() { local file; for file in "$@"; do pacs_http /instances --data-binary "@$file" >/dev/null; done; }

# dcmqrscp as VNA. OLDWS is the stale line: a workstation long gone, whose address somebody else uses now.
vna() {
  mkdir -p vna/db
  cat > vna/vna.cfg <<C
NetworkTCPPort  = ${VNA_PORT:-104}
MaxPDUSize      = 16384
MaxAssociations = ${VNA_ASSOCIATIONS:-16}
HostTable BEGIN
ws1 = (WS1, $(address ws1), 11112)
ws2 = (WS2, $(address ws2), 11112)
ai = (AINODE, $(address ai), 11112)
oldws = (OLDWS, $(address rogue), 11112)
known = ws1, ws2
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
VNA db RW (200, 1024mb) ${VNA_PEERS:-ANY}
AETable END
C
  serve vna ${VNA_PORT:-104} dcmqrscp -dhl -c vna.cfg
  echo "#hosts WS1=$(address ws1):11112 WS2=$(address ws2):11112 AINODE=$(address ai):11112 OLDWS=$(address rogue):11112" >> "$LOG"
}
# Fills an archive's database before the capture starts.
vna_holds() { mkdir -p vna/db; inside vna dcmqridx vna/db "$@" >/dev/null; }

ris() {   # ris OPTIONS...
  mkdir -p ris/wl/RIS; cp "$WORK"/objects/*.wl ris/wl/RIS/; touch ris/wl/RIS/lockfile
  serve ris 11112 wlmscpfs -dhl -s -csk "$@" -dfp wl 11112
}

# A modality's performed procedure step server, a modality that awaits commitment reports: dcmjs-dimse.
dimse_server() { local device=$1 port=$2; shift 2; serve $device $port "$MAKE/dimse.js" serve $port "$@"; }

# dcmjs-dimse below its client, and what no implementation sends: node FROM TO PORT COMMAND SETTINGS..., raw FROM TO PORT SCENARIO [FILE]
node() {
  local from=$1 to=$2 port=$3; shift 3
  client $from $to $port "$MAKE/associations.js" $1 $(address $to) $port ${CALLING:-$(ae $from)} ${CALLED:-$(ae $to)} "${@:2}"
}
raw() { client $1 $2 $3 "$MAKE/raw_dicom.py" $4 $(address $2) $3 ${CALLING:-$(ae $1)} ${CALLED:-$(ae $2)} "${@:5}"; }
node_server() { local device=$1 port=$2; shift 2; serve $device $port "$MAKE/associations.js" serve $port "$@"; }
# One server for one case: with_node DEVICE SETTINGS... -- CLIENT...
with_node() {
  local device=$1 settings=() pid; shift
  while [ "$1" != -- ]; do settings+=("$1"); shift; done; shift
  node_server $device 11112 "${settings[@]}"; pid=$SERVER
  "$@"
  stop_server $pid
}

# Stored objects are committed; the archive reports on an association of its own, which takes a moment.
commit() {   # commit MODALITY TRANSACTION-UID SOP-CLASS INSTANCE-UIDS...
  local device=$1; shift
  dimse $device pacs 11112 commit "$@"; sleep 1
}

# HL7: the peers of hl7-like captures, and their clients.
hl7_peers() {
  "$MAKE/hl7_messages.py" hl7
  serve engine 2575 "$MAKE/mllp_responder.py" 2575 ADT^A31
  serve ris 2575 "$MAKE/hl7-server.js" 2575
  serve his 2575 "$MAKE/mllp_responder.py" 2575
}
files() { printf 'hl7/%s.hl7 ' "$@"; }
hl7() {     # hl7 FROM TO TOOL ARGS...
  local from=$1 to=$2 tool=$3; shift 3
  case $tool in
    mllp_send) client $from $to 2575 mllp_send -p 2575 "$@" $(address $to) ;;
    mllp_python.py|simple-hl7.js|medplum-hl7.js) client $from $to 2575 "$MAKE/$tool" send $(address $to) 2575 "$@" ;;
    *) client $from $to 2575 "$MAKE/$tool" $(address $to) 2575 "$@" ;;
  esac
}

objects() { $PYTHON "$MAKE/objects.py" objects; }

deliver() {
  [ -z "$CAPTURE" ] || stop_capture
  for pid in "${SERVERS[@]}"; do stop_server $pid; done
  local stem=${NAME%.*} file
  mkdir -p "$PCAPS/logs" "$PCAPS/expected"
  for file in "$WORK"/*.pcap "$WORK"/*.pcapng; do
    [ -e "$file" ] || continue
    stem=$(basename "${file%.*}")
    rm -rf "$PCAPS/logs/$stem"; mkdir "$PCAPS/logs/$stem"
    $PYTHON "$MAKE/trim_logs.py" "$LOGS" "$PCAPS/logs/$stem" "$WORK" $NEGOTIATION
    $PYTHON "$MAKE/${EXPECT:-expect.py}" "$(basename "$file")" "$PCAPS/logs/$stem" "$1" > "$PCAPS/expected/$stem.json"
    cp "$file" "$PCAPS/"
    $PYTHON "$MAKE/cross_check.py" "$file" "$PCAPS/expected/$stem.json" || true
  done
}
