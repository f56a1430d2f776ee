#include "frames.h"

#include <algorithm>
#include <stdexcept>

#include "base/packet.h"

namespace dcmwatch::metamorphic {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kIpv6Header = 40;

// Where the IP header begins in a frame that carries IP right behind its link header; nothing otherwise.
std::optional<std::size_t> network_offset(const Frame& frame) {
  const Bytes& bytes = frame.bytes;
  std::size_t type = 0, end = 0;
  switch (frame.link_type) {
    case kEthernet: type = 12, end = 14; break;
    case kCooked: type = 14, end = 16; break;
    case kCooked2: type = 0, end = 20; break;
    default: return std::nullopt;
  }
  if (bytes.size() < end + 20) return std::nullopt;
  const std::uint16_t ether_type = get_u16(bytes, type);
  if (ether_type != 0x0800 && ether_type != 0x86dd) return std::nullopt;
  return end;
}

std::uint16_t pseudo_header_sum(const Datagram& datagram, std::size_t tcp_bytes) {
  const ByteView ip{datagram.ip};
  const ByteView addresses = datagram.v6() ? ip.subspan(8, 32) : ip.subspan(12, 8);
  return ones_complement_sum(addresses, kTcp + static_cast<std::uint32_t>(tcp_bytes >> 16) + (tcp_bytes & 0xffff));
}

}  // namespace

std::uint16_t get_u16(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
std::uint32_t get_u32(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(get_u16(bytes, at)) << 16 | get_u16(bytes, at + 2);
}
void put_u16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}
void put_u32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  put_u16(bytes, at, static_cast<std::uint16_t>(value >> 16));
  put_u16(bytes, at + 2, static_cast<std::uint16_t>(value));
}
void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

std::uint16_t ones_complement_sum(ByteView bytes, std::uint32_t sum) {
  std::uint64_t total = sum;
  for (std::size_t at = 0; at < bytes.size(); ++at) total += static_cast<std::uint64_t>(bytes[at]) << (at % 2 ? 0 : 8);
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return static_cast<std::uint16_t>(total);
}

Frames frames_of(const std::filesystem::path& capture) {
  const auto source = open_file(capture, 0, "");
  Frames frames;
  Batch batch;
  Fill fill;
  while ((fill = source->next(batch, 4096, 1 << 20)) == Fill::packets || fill == Fill::idle) {
    for (const Packet& packet : batch.packets) {
      frames.push_back({packet.mark.time, packet.mark.packet, packet.link_type, packet.wire_bytes,
                        Bytes{packet.bytes.begin(), packet.bytes.end()}});
    }
  }
  if (fill == Fill::failed) throw std::runtime_error(source->failure());
  return frames;
}

Fill FrameSource::next(Batch& batch, std::size_t packets, std::size_t bytes) {
  batch.packets.clear();
  batch.block.clear();
  std::size_t room = 0, end = at_;
  while (end < frames_.size() && end - at_ < packets && (end == at_ || room + frames_[end].bytes.size() <= bytes))
    room += frames_[end++].bytes.size();
  if (end == at_) return Fill::end;
  batch.block.reserve(room);
  for (; at_ < end; ++at_) {
    const Frame& frame = frames_[at_];
    const std::size_t begin = batch.block.size();
    batch.block.append(frame.bytes);
    batch.packets.push_back({.mark = {frame.time, 0, at_},
                             .bytes = batch.block.view().subspan(begin, frame.bytes.size()),
                             .wire_bytes = frame.wire_bytes,
                             .link_type = frame.link_type});
    batch.watermark = std::max(batch.watermark, frame.time);
  }
  return Fill::packets;
}

std::optional<Datagram> datagram_of(const Frame& frame) {
  const auto begin = network_offset(frame);
  if (!begin || frame.bytes.size() < frame.wire_bytes) return std::nullopt;
  const ByteView rest = ByteView{frame.bytes}.subspan(*begin);
  const auto u16 = [&](std::size_t at) { return static_cast<std::size_t>(rest[at] << 8 | rest[at + 1]); };
  const bool v6 = rest[0] >> 4 == 6;
  if (v6 && rest.size() < kIpv6Header) return std::nullopt;
  const std::size_t header = v6 ? kIpv6Header : static_cast<std::size_t>(rest[0] & 0xf) * 4;
  const std::size_t whole = v6 ? kIpv6Header + u16(4) : u16(2);
  const bool fragment = !v6 && (u16(6) & 0x3fff) != 0;
  if (header < 20 || whole < header || whole > rest.size() || fragment) return std::nullopt;
  const auto bytes = [&](std::size_t from, std::size_t to) {
    return Bytes{rest.begin() + static_cast<std::ptrdiff_t>(from), rest.begin() + static_cast<std::ptrdiff_t>(to)};
  };
  return Datagram{frame.link_type,
                  {frame.bytes.begin(), frame.bytes.begin() + static_cast<std::ptrdiff_t>(*begin)},
                  bytes(0, header),
                  bytes(header, whole)};
}

Frame frame_of(const Datagram& datagram, const Frame& like) {
  Frame frame{like.time, like.original, datagram.link_type, 0, datagram.link};
  Bytes ip = datagram.ip;
  const std::size_t announced = datagram.payload.size() + (datagram.v6() ? 0 : ip.size());
  put_u16(ip, datagram.v6() ? 4 : 2, static_cast<std::uint16_t>(announced > 0xffff ? 0 : announced));
  if (!datagram.v6()) {
    put_u16(ip, 10, 0);
    put_u16(ip, 10, static_cast<std::uint16_t>(~ones_complement_sum(ip)));
  }
  append(frame.bytes, ip);
  append(frame.bytes, datagram.payload);
  frame.wire_bytes = static_cast<std::uint32_t>(frame.bytes.size());
  return frame;
}

std::uint32_t TcpSegment::sequence() const { return get_u32(header, 4); }
std::uint32_t TcpSegment::acknowledgement() const { return get_u32(header, 8); }
std::uint32_t TcpSegment::end() const {
  const std::size_t unseen = (has(TcpFlags::syn) ? 1U : 0U) + (has(TcpFlags::fin) ? 1U : 0U);
  return static_cast<std::uint32_t>(sequence() + payload.size() + unseen);
}
void TcpSegment::set_sequence(std::uint32_t sequence) { put_u32(header, 4, sequence); }
void TcpSegment::set_acknowledgement(std::uint32_t acknowledgement) { put_u32(header, 8, acknowledgement); }

std::optional<TcpSegment> segment_of(const Frame& frame) {
  auto datagram = datagram_of(frame);
  if (!datagram || datagram->protocol() != kTcp || datagram->payload.size() < 20) return std::nullopt;
  const std::size_t header = static_cast<std::size_t>(datagram->payload[12] >> 4) * 4;
  if (header < 20 || header > datagram->payload.size()) return std::nullopt;
  Bytes whole = std::move(datagram->payload);
  datagram->payload.clear();
  const auto split = whole.begin() + static_cast<std::ptrdiff_t>(header);
  return TcpSegment{std::move(*datagram), {whole.begin(), split}, {split, whole.end()}};
}

Frame frame_of(const TcpSegment& segment, const Frame& like, Sum sum) {
  Datagram datagram = segment.datagram;
  datagram.payload = segment.header;
  append(datagram.payload, segment.payload);
  put_u16(datagram.payload, 16, 0);
  const std::uint16_t pseudo = pseudo_header_sum(datagram, datagram.payload.size());
  const auto right = static_cast<std::uint16_t>(~ones_complement_sum(datagram.payload, pseudo));
  put_u16(datagram.payload, 16,
          sum == Sum::partial ? pseudo : static_cast<std::uint16_t>(sum == Sum::wrong ? right ^ 0x5555 : right));
  return frame_of(datagram, like);
}

Flow flow_of(const TcpSegment& segment) {
  const ByteView ip{segment.datagram.ip};
  const bool v6 = segment.datagram.v6();
  const auto endpoint = [&](std::size_t address, std::size_t port) {
    Bytes bytes;
    append(bytes, v6 ? ip.subspan(8 + 16 * address, 16) : ip.subspan(12 + 4 * address, 4));
    append(bytes, ByteView{segment.header}.subspan(port, 2));
    return bytes;
  };
  return {endpoint(0, 0), endpoint(1, 2)};
}

}  // namespace dcmwatch::metamorphic
