// The yardstick: libpcap_loop CAPTURE asks libpcap for every packet of a file, and prints how many there were and how
// many bytes they hold.
#include <pcap/pcap.h>

#include <cstdio>

int main(int argc, char** argv) {
  char error[PCAP_ERRBUF_SIZE] = "one capture file, please";
  pcap_t* capture = argc == 2 ? pcap_open_offline(argv[1], error) : nullptr;
  if (!capture) return std::fprintf(stderr, "%s\n", error), 2;

  unsigned long packets = 0;
  unsigned long bytes = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* frame = nullptr;
  while (pcap_next_ex(capture, &header, &frame) == 1) {
    bytes += header->caplen;
    ++packets;
  }
  std::printf("%lu %lu\n", packets, bytes);
}
