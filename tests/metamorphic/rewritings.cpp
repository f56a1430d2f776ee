#include "rewritings.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace dcmwatch::metamorphic {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

void in_time_order(Frames& frames) {
  std::stable_sort(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) { return a.time < b.time; });
}

// Calls rewrite(segment, frame, out) for TCP segments; the rest is passed on.
template <typename Rewrite>
Frames each_segment(const Frames& frames, Rewrite&& rewrite) {
  Frames out;
  out.reserve(frames.size());
  for (const Frame& frame : frames) {
    if (auto segment = segment_of(frame)) {
      rewrite(std::move(*segment), frame, out);
    } else {
      out.push_back(frame);
    }
  }
  return out;
}

std::uint32_t distance(std::uint32_t from, std::uint32_t to) { return to - from; }

// The first sequence number of each direction, and how many follow it.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
};
std::map<Flow, Span> spans_of(const Frames& frames) {
  std::map<Flow, Span> spans;
  for (const Frame& frame : frames) {
    const auto segment = segment_of(frame);
    if (!segment || segment->has(TcpFlags::rst)) continue;
    Span& span = spans.try_emplace(flow_of(*segment), Span{segment->sequence(), 0}).first->second;
    const std::uint32_t reach = distance(span.begin, segment->end());
    if (reach < (1U << 31)) span.length = std::max(span.length, reach);
  }
  return spans;
}

}  // namespace

Frame same(const Frame& frame) { return frame; }

Frame at_another_hop(const Frame& frame) {
  auto datagram = datagram_of(frame);
  if (!datagram) return frame;
  if (datagram->link_type == kEthernet) {
    for (std::size_t at : {5U, 11U}) datagram->link[at] ^= 0x40;
  }
  --datagram->ip[datagram->v6() ? 7 : 8];
  return frame_of(*datagram, frame);
}

Frame on_a_trunk(const Frame& frame) {
  if (frame.link_type != kEthernet) return frame;
  Frame tagged = frame;
  const std::array<std::uint8_t, 4> tag{0x81, 0x00, 0x00, 0x2a};
  tagged.bytes.insert(tagged.bytes.begin() + 12, tag.begin(), tag.end());
  tagged.wire_bytes += tag.size();
  return tagged;
}

Frames duplicated(const Frames& frames, Frame (*copy)(const Frame&)) {
  Frames out;
  out.reserve(2 * frames.size());
  for (const Frame& frame : frames) {
    out.push_back(frame);
    out.push_back(copy(frame));
    out.back().time += microseconds{3};
  }
  in_time_order(out);
  return out;
}

Frames neighbours_swapped(const Frames& frames, Duration window, std::uint64_t seed) {
  Dice dice{seed};
  Frames out = frames;
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i + 1].time - out[i].time > window || dice.once_in(2)) continue;
    std::swap(out[i], out[i + 1]);
    std::swap(out[i].time, out[i + 1].time);
    ++i;
  }
  return out;
}

Frames one_direction_late(Frames frames, bool upward, Duration delay) {
  for (Frame& frame : frames) {
    const auto segment = segment_of(frame);
    if (segment && flow_of(*segment).upward() == upward) frame.time += delay;
  }
  in_time_order(frames);
  return frames;
}

Frames cut_to(Frames frames, std::size_t snap_length) {
  for (Frame& frame : frames) frame.bytes.resize(std::min(frame.bytes.size(), snap_length));
  return frames;
}

Frames thinned(const Frames& frames, unsigned one_in, std::uint64_t seed) {
  Dice dice{seed};
  Frames out;
  for (const Frame& frame : frames)
    if (!dice.once_in(one_in)) out.push_back(frame);
  return out;
}

Frames with_trailers(Frames frames) {
  for (Frame& frame : frames) {
    frame.bytes.resize(std::max<std::size_t>(frame.bytes.size() + 4, 64), 0xf5);
    frame.wire_bytes = static_cast<std::uint32_t>(frame.bytes.size());
  }
  return frames;
}

Frames cut_smaller(const Frames& frames, std::uint64_t seed) {
  Dice dice{seed};
  return each_segment(frames, [&](TcpSegment&& whole, const Frame& frame, Frames& out) {
    std::size_t at = 0;
    do {
      TcpSegment piece = whole;
      const std::size_t size = std::min<std::size_t>(1 + dice.below(1 + dice.below(1400)), whole.payload.size() - at);
      const auto begin = whole.payload.begin() + static_cast<std::ptrdiff_t>(at);
      piece.payload.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
      piece.set_sequence(static_cast<std::uint32_t>(whole.sequence() + at));
      at += size;
      constexpr std::uint8_t last_only = TcpFlags::fin | TcpFlags::psh | TcpFlags::rst;
      if (at < whole.payload.size()) piece.set_flags(static_cast<std::uint8_t>(whole.flags() & ~last_only));
      out.push_back(frame_of(piece, frame));
    } while (at < whole.payload.size());
  });
}

namespace {

// Holds one connection's segments back for as long as they follow each other; acknowledgements wait behind them.
struct Coalescing {
  std::optional<TcpSegment> held;
  Frame like;
  Frames acknowledgements;
};

}  // namespace

Frames coalesced(const Frames& frames, std::size_t most_bytes, bool total_length_unknown) {
  std::map<Flow, Coalescing> connections;
  Frames out;
  const auto release = [&](Coalescing& connection) {
    if (connection.held) {
      out.push_back(frame_of(*connection.held, connection.like));
      Frame& frame = out.back();
      const std::size_t link = connection.held->datagram.link.size();
      if (total_length_unknown && connection.held->datagram.v6()) put_u16(frame.bytes, link + 4, 0);
      if (total_length_unknown && !connection.held->datagram.v6()) {
        const std::uint16_t length = get_u16(frame.bytes, link + 2);
        put_u16(frame.bytes, link + 2, 0);
        const auto sum = static_cast<std::uint16_t>(~get_u16(frame.bytes, link + 10));
        const std::array<std::uint8_t, 2> without{static_cast<std::uint8_t>(~length >> 8),
                                                  static_cast<std::uint8_t>(~length)};
        put_u16(frame.bytes, link + 10, static_cast<std::uint16_t>(~ones_complement_sum(without, sum)));  // RFC 1624
      }
    }
    connection.held.reset();
    for (Frame& frame : connection.acknowledgements) {
      frame.time = std::max(frame.time, connection.like.time);
      out.push_back(std::move(frame));
    }
    connection.acknowledgements.clear();
  };
  for (const Frame& frame : frames) {
    const auto segment = segment_of(frame);
    if (!segment) {
      out.push_back(frame);
      continue;
    }
    const Flow flow = flow_of(*segment);
    Coalescing& connection = connections[flow.upward() ? flow : flow.reversed()];
    const bool plain = !segment->has(TcpFlags::syn) && !segment->has(TcpFlags::rst) && !segment->has(TcpFlags::fin);
    const bool same_way = connection.held && flow_of(*connection.held) == flow;
    if (connection.held && !same_way && plain && segment->payload.empty()) {
      connection.acknowledgements.push_back(frame);
    } else if (same_way && plain && !segment->payload.empty() && connection.held->end() == segment->sequence() &&
               connection.held->payload.size() + segment->payload.size() <= most_bytes) {
      append(connection.held->payload, segment->payload);
      connection.held->set_acknowledgement(segment->acknowledgement());
      connection.held->set_flags(connection.held->flags() | segment->flags());
      connection.like = frame;
      connection.like.bytes.clear();
    } else {
      release(connection);
      if (plain && !segment->payload.empty()) {
        connection.held = segment;
        connection.like = frame;
        connection.like.bytes.clear();
      } else {
        out.push_back(frame);
      }
    }
  }
  for (auto& [flow, connection] : connections) release(connection);
  in_time_order(out);
  return out;
}

namespace {

constexpr std::uint16_t kMoreFragments = 0x2000;

Frame fragment_of(const Datagram& whole, const Frame& like, std::uint32_t id, std::size_t begin, std::size_t end) {
  Datagram fragment = whole;
  const bool more = end < whole.payload.size();
  const auto from = whole.payload.begin() + static_cast<std::ptrdiff_t>(begin);
  fragment.payload.assign(from, from + static_cast<std::ptrdiff_t>(end - begin));
  if (whole.v6()) {
    Bytes header{whole.protocol(), 0, 0, 0, 0, 0, 0, 0};
    put_u16(header, 2, static_cast<std::uint16_t>(begin | (more ? 1 : 0)));
    put_u32(header, 4, id);
    fragment.payload.insert(fragment.payload.begin(), header.begin(), header.end());
    fragment.ip[6] = 44;
  } else {
    put_u16(fragment.ip, 4, static_cast<std::uint16_t>(id));
    put_u16(fragment.ip, 6, static_cast<std::uint16_t>(begin / 8 | (more ? kMoreFragments : 0)));
  }
  return frame_of(fragment, like);
}

}  // namespace

Frames fragmented(const Frames& frames, bool last_first, std::uint64_t seed) {
  Dice dice{seed};
  Frames out;
  std::uint32_t id = 0;
  for (const Frame& frame : frames) {
    const auto datagram = datagram_of(frame);
    if (!datagram || datagram->payload.size() <= 8) {
      out.push_back(frame);
      continue;
    }
    const std::size_t eights = (datagram->payload.size() + 7) / 8;
    Frames pieces;
    std::size_t begin = 0;
    ++id;
    while (begin < eights) {
      const std::size_t left = eights - begin;
      const std::size_t size = pieces.size() == 3 || left == 1 ? left : 1 + dice.below(left - (begin == 0 ? 1 : 0));
      pieces.push_back(
          fragment_of(*datagram, frame, id, begin * 8, std::min((begin + size) * 8, datagram->payload.size())));
      begin += size;
    }
    if (last_first) std::reverse(pieces.begin(), pieces.end());
    std::move(pieces.begin(), pieces.end(), std::back_inserter(out));
  }
  return out;
}

Frames with_partial_checksums(const Frames& frames) {
  return each_segment(frames, [](TcpSegment&& segment, const Frame& frame, Frames& out) {
    out.push_back(frame_of(segment, frame, flow_of(segment).upward() ? Sum::partial : Sum::right));
  });
}

Frames wrapping(const Frames& frames) {
  const std::map<Flow, Span> spans = spans_of(frames);
  const auto shift = [&](const Flow& flow) {
    const auto span = spans.find(flow);
    return span == spans.end() ? 0U : 0U - (span->second.begin + span->second.length / 2);
  };
  return each_segment(frames, [&](TcpSegment&& segment, const Frame& frame, Frames& out) {
    const Flow flow = flow_of(segment);
    segment.set_sequence(segment.sequence() + shift(flow));
    if (segment.has(TcpFlags::ack)) segment.set_acknowledgement(segment.acknowledgement() + shift(flow.reversed()));
    out.push_back(frame_of(segment, frame));
  });
}

Frames retransmitting(const Frames& frames, std::uint64_t seed) {
  Dice dice{seed};
  Frames out = each_segment(frames, [&](TcpSegment&& segment, const Frame& frame, Frames& to) {
    to.push_back(frame);
    if (segment.payload.empty() || !dice.once_in(100)) return;
    if (!segment.datagram.v6()) put_u16(segment.datagram.ip, 4, static_cast<std::uint16_t>(dice.next()));
    to.push_back(frame_of(segment, frame));
    to.back().time += milliseconds{20};
  });
  in_time_order(out);
  return out;
}

Frames with_keep_alives(const Frames& frames) {
  std::map<Flow, TcpSegment> latest;
  unsigned count = 0;
  return each_segment(frames, [&](TcpSegment&& segment, const Frame& frame, Frames& out) {
    out.push_back(frame);
    const Flow flow = flow_of(segment);
    const auto peer = latest.find(flow.reversed());
    const bool quiet = segment.payload.empty() && segment.flags() == TcpFlags::ack && peer != latest.end() &&
                       peer->second.end() == segment.acknowledgement() && !peer->second.has(TcpFlags::fin) &&
                       !peer->second.has(TcpFlags::syn);
    if (quiet) {
      TcpSegment alive = peer->second;
      alive.payload.assign(count++ % 2, 0xa5);
      alive.set_sequence(segment.acknowledgement() - 1);
      alive.set_acknowledgement(segment.sequence());
      alive.set_flags(TcpFlags::ack);
      out.push_back(frame_of(alive, frame));
      out.push_back(frame);
    }
    latest.insert_or_assign(flow, std::move(segment));
  });
}

Frames over_ipv6(const Frames& frames) {
  return each_segment(frames, [](TcpSegment&& segment, const Frame& frame, Frames& out) {
    Datagram& datagram = segment.datagram;
    if (!datagram.v6()) {
      Bytes ip(40, 0);
      ip[0] = 0x60, ip[6] = datagram.ip[9], ip[7] = datagram.ip[8];
      for (std::size_t address = 0; address < 2; ++address) {
        ip[8 + 16 * address] = 0xfd, ip[9 + 16 * address] = 0x64;
        std::copy_n(datagram.ip.begin() + static_cast<std::ptrdiff_t>(12 + 4 * address), 4,
                    ip.begin() + static_cast<std::ptrdiff_t>(20 + 16 * address));
      }
      datagram.ip = std::move(ip);
      const std::size_t type = datagram.link_type == kEthernet ? 12 : datagram.link_type == kCooked ? 14 : 0;
      put_u16(datagram.link, type, 0x86dd);
    }
    out.push_back(frame_of(segment, frame));
  });
}

IpAddress back_to_ipv4(const IpAddress& address) {
  const ByteView bytes{address.bytes()};
  return bytes[0] == 0xfd && bytes[1] == 0x64 ? IpAddress::v4(bytes.subspan(12)) : address;
}

Frames with_forgeries(const Frames& frames) {
  std::map<Flow, std::size_t> left;
  for (const Frame& frame : frames)
    if (const auto segment = segment_of(frame)) ++left[flow_of(*segment)];
  std::map<Flow, std::size_t> seen;
  return each_segment(frames, [&](TcpSegment&& segment, const Frame& frame, Frames& out) {
    out.push_back(frame);
    const Flow flow = flow_of(segment);
    const bool open = !segment.has(TcpFlags::syn) && !segment.has(TcpFlags::fin) && !segment.has(TcpFlags::rst);
    if (++seen[flow] < left[flow] / 2 || left[flow] == 0 || !open) return;
    left[flow] = 0;  // once
    const std::uint32_t next = segment.end();
    for (const std::uint8_t flags : {TcpFlags::psh, TcpFlags::syn, TcpFlags::fin, TcpFlags::rst}) {
      TcpSegment forged = segment;
      forged.set_flags(static_cast<std::uint8_t>(flags | (flags == TcpFlags::syn ? 0 : TcpFlags::ack)));
      forged.set_sequence(flags == TcpFlags::syn ? next + 0x12345678 : next);
      forged.payload.assign(flags == TcpFlags::psh ? 100 : 0, 'x');
      out.push_back(frame_of(forged, frame, Sum::wrong));
    }
  });
}

}  // namespace dcmwatch::metamorphic
