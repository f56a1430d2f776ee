// What an open association costs in memory, from the assembler's entry to what its content keeps: of the whole process,
// shared out among many, each in the middle of an object.
#include <gtest/gtest.h>
#include <malloc.h>
#include <zlib.h>

#include <array>

#include "assemble/assembler.h"
#include "event/dicom_uids.h"
#include "protocol/dicom/builder.h"
#include "protocol/protocol.h"

namespace dcmwatch::test {
namespace {

constexpr std::size_t kAssociations = 300;
constexpr std::size_t kWarmUp = 100;
constexpr std::size_t kMostBytes = 16 * 1024;
constexpr std::size_t kObjectBytes = 50'000'000;

/// Records are counted and forgotten.
struct Counted final : EventSink {
  Event& next_event() override {
    if (const auto* note = std::get_if<CaptureNote>(&latest.facts)) notes += note->count;
    if (const auto* association = std::get_if<DicomAssociation>(&latest.facts);
        association && latest.phase == Phase::start)
      associations += association->accepted == true ? 1 : 0;
    return latest = Event{};
  }
  Event latest;
  std::uint64_t notes = 0;
  std::uint64_t associations = 0;  ///< that were accepted
};

/// Connections as the network carries them.
class Network {
 public:
  explicit Network(const ProtocolSettings& settings)
      : handler_(settings, events_), assembler_(settings.limits, handler_) {}

  void open(std::size_t number) {
    client_.address = *IpAddress::parse("10.1." + std::to_string(number / 200) + '.' + std::to_string(number % 200));
    client_.port = 40'000;
    sequence_ = {1000, 2000};
    send(Direction::forward, TcpFlags::syn, {});
    send(Direction::backward, TcpFlags::syn | TcpFlags::ack, {});
    send(Direction::forward, TcpFlags::ack, {});
  }
  void say(Direction direction, const Octets& bytes) {
    constexpr std::size_t kSegmentBytes = 1448;
    for (std::size_t at = 0; at < bytes.size(); at += kSegmentBytes) {
      send(direction, TcpFlags::ack, ByteView{bytes}.subspan(at, std::min(kSegmentBytes, bytes.size() - at)));
      send(opposite(direction), TcpFlags::ack, {});
    }
  }
  [[nodiscard]] const Counted& events() const { return events_; }

 private:
  void send(Direction direction, std::uint8_t flags, ByteView payload) {
    Segment segment;
    now_.time += std::chrono::microseconds{10};
    ++now_.packet;
    segment.mark = now_;
    const Endpoint server{*IpAddress::parse("10.2.0.1"), 104};
    segment.source = direction == Direction::forward ? client_ : server;
    segment.destination = direction == Direction::forward ? server : client_;
    segment.flags = flags;
    segment.window = 60'000;
    segment.sequence = sequence_[index_of(direction)];
    segment.acknowledgement = sequence_[index_of(opposite(direction))];
    segment.payload = payload;
    segment.wire_payload_bytes = static_cast<std::uint32_t>(payload.size());
    segment.hash = hash_of(segment.key());
    sequence_[index_of(direction)] += segment.wire_payload_bytes + ((flags & TcpFlags::syn) != 0 ? 1U : 0U);
    assembler_.on_segment(segment);
  }

  Counted events_;
  ProtocolHandler handler_;
  Assembler assembler_;
  Endpoint client_;
  std::array<std::uint32_t, 2> sequence_{};
  Mark now_{timestamp_from_ns(1'000'000'000), 0, 0};
};

struct Spoken {
  Direction direction;
  Octets bytes;
};
using Conversation = std::vector<Spoken>;

struct Cost {
  std::size_t bytes = 0;  ///< of one association
  std::uint64_t forgotten = 0;
};

enum class Understood : std::uint8_t { whole, not_yet };

Cost cost_of(const Conversation& conversation, bool digest = false, Understood understood = Understood::whole) {
  static const Pseudonymizer kPseudonymizer{"a key for tests only"};
  const ProtocolSettings settings{{}, &kPseudonymizer, digest};
  Network network{settings};
  const auto play = [&](std::size_t number) {
    network.open(number);
    for (const Spoken& spoken : conversation) network.say(spoken.direction, spoken.bytes);
  };
  for (std::size_t i = 0; i < kWarmUp; ++i) play(i);  // tables grow to a first size
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t i = kWarmUp; i < kWarmUp + kAssociations; ++i) play(i);
  const std::size_t after = mallinfo2().uordblks;
  // An event is counted when the next begins.
  if (understood == Understood::whole) {
    EXPECT_GE(network.events().associations + 1, kWarmUp + kAssociations) << "not all of them were understood";
  }
  return {(after - before) / kAssociations, network.events().notes};
}

constexpr std::uint8_t kStoreContext = 1;
constexpr std::string_view kDeflated = "1.2.840.10008.1.2.1.99";

/// `contexts` contexts, each of which proposes `transfer_syntaxes`; the first is accepted with the first of them.
Conversation opening(std::size_t contexts, const std::vector<std::string_view>& transfer_syntaxes,
                     const Octets& user_items = {}) {
  std::vector<Offer> offers;
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < contexts; ++i) {
    const auto id = static_cast<std::uint8_t>(2 * i + 1);
    offers.push_back({id, kCtImageStorage, transfer_syntaxes});
    answers.push_back({id, 0, transfer_syntaxes.front()});
  }
  return {{Direction::forward, associate_request("CT1", "PACS", offers, 131072, user_items)},
          {Direction::backward, associate_accept(answers, 131072, user_items)}};
}

/// A data set whose wanted texts are all there, and as long as they may be.
Octets head_of_object() {
  const auto long_text = [](std::uint32_t tag) { return explicit_element(tag, "LO", Octets(64, 'W')); };
  return explicit_element(0x00080016, "UI", text("1.2.840.10008.5.1.4.1.1.2") + Octets(1, 0)) +
         explicit_element(0x00080018, "UI", Octets(64, '1')) + explicit_element(0x00080050, "SH", Octets(16, 'A')) +
         explicit_element(0x00080060, "CS", text("CT")) + long_text(0x00080070) + long_text(0x00080080) +
         explicit_element(0x00081010, "SH", Octets(16, 'S')) + long_text(0x00081090) + long_text(0x00100020) +
         long_text(0x00181020) + explicit_element(0x0020000d, "UI", Octets(64, '2')) +
         explicit_element(0x0020000e, "UI", Octets(64, '3'));
}

/// The first PDU of a store whose object is long, as far as it came.
Octets in_mid_object(const Octets& begun) {
  return message(kStoreContext, store_request(1)) + Octets{4, 0} + be32(kObjectBytes) + be32(kObjectBytes - 4) +
         Octets{kStoreContext, data_last} + begun;
}

Octets deflated(const Octets& plain) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  Octets made(plain.size() + 4096);
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = made.data();
  stream.avail_out = static_cast<uInt>(made.size());
  deflate(&stream, Z_SYNC_FLUSH);
  made.resize(made.size() - stream.avail_out);
  deflateEnd(&stream);
  return made;
}

/// What cannot be made small by deflating it.
Octets noise(std::size_t bytes) {
  Octets made;
  for (std::uint64_t state = 1; made.size() < bytes; state = state * 6364136223846793005U + 1442695040888963407U)
    made.push_back(static_cast<std::uint8_t>(state >> 56));
  return made;
}

/// The opener goes on.
Conversation then(Conversation conversation, const Octets& bytes) {
  conversation.push_back({Direction::forward, bytes});
  return conversation;
}

std::vector<std::string_view> registered(std::size_t first, std::size_t count) {
  std::vector<std::string_view> uids;
  for (std::size_t i = 0; i < count; ++i) uids.push_back(kDicomUids[(first + i) % kDicomUids.size()].uid);
  return uids;
}

/// 128 contexts with 64 transfer syntaxes each, no two lists the same, and strangers of full length among them; every
/// role and negotiation that there is room for.
Conversation hostile_opening() {
  static std::vector<std::string> strangers;
  if (strangers.empty())
    for (std::size_t i = 0; i < 128 * 8; ++i)
      strangers.push_back("1.2." + std::string(50, '3') + '.' + std::to_string(10000 + i));
  std::vector<Offer> offers;
  std::vector<Answer> answers;
  Octets items;
  for (std::size_t i = 0; i < 128; ++i) {
    const auto id = static_cast<std::uint8_t>(2 * i + 1);
    std::vector<std::string_view> syntaxes = registered(i, 55);
    syntaxes.insert(syntaxes.begin(), kExplicit);
    for (std::size_t k = 0; k < 8; ++k) syntaxes.emplace_back(strangers[8 * i + k]);
    offers.push_back({id, i == 0 ? kCtImageStorage : std::string_view{strangers[8 * i]}, syntaxes});
    answers.push_back({id, 0, kExplicit});
    const Octets name = be16(static_cast<std::uint32_t>(strangers[i].size())) + text(strangers[i]);
    items = items + item(0x54, name + from_hex("0101")) + item(0x56, name + from_hex("0101"));
    items = items + item(0x57, name + be16(0) + be16(0));
  }
  return {{Direction::forward, associate_request("CT1", "PACS", offers, 131072, items)},
          {Direction::backward, associate_accept(answers, 131072, {})}};
}

class AssociationMemory : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers keep memory of their own";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "sanitizers keep memory of their own";
#endif
#endif
  }
  void hold(const Cost& cost, std::size_t most = kMostBytes) {
    RecordProperty("bytes", static_cast<int>(cost.bytes));
    EXPECT_LE(cost.bytes, most) << cost.forgotten << " facts were forgotten";
  }
};

TEST_F(AssociationMemory, OfAModalityInMidObject) {
  hold(cost_of(then(opening(20, {kExplicit, kImplicit, kExplicitBig}), in_mid_object(head_of_object()))));
}

TEST_F(AssociationMemory, OfAModalityThatSaysNothing) { hold(cost_of(opening(1, {kExplicit, kImplicit}))); }

// Until it is whole it costs its bytes, and a quarter more at most.
TEST_F(AssociationMemory, OfARequestInHand) {
  const Octets request = hostile_opening().front().bytes;
  for (const std::size_t bytes : {4'000U, 15'000U, 54'000U}) {
    ASSERT_LT(bytes, request.size());
    const Octets head{request.begin(), request.begin() + static_cast<std::ptrdiff_t>(bytes)};
    hold(cost_of({{Direction::forward, head}}, false, Understood::not_yet), 4096 + bytes + bytes / 4);
  }
}

TEST_F(AssociationMemory, OfAHostileProposalInMidObject) {
  hold(cost_of(then(hostile_opening(), in_mid_object(head_of_object()))));
}

// Whatever is deflated may refer back 32 KiB (RFC 1951 2): it costs such a window while something of it is wanted, and
// no longer.
constexpr std::size_t kWindowBytes = 32 * 1024;

TEST_F(AssociationMemory, OfADeflatedObject) {
  const Octets object = head_of_object() + explicit_element(0x7fe00010, "OW", noise(50'000));
  hold(cost_of(then(opening(20, {kDeflated, kExplicit}), in_mid_object(deflated(object)))));
}

TEST_F(AssociationMemory, OfADeflatedObjectWhoseHeadIsRead) {
  const Octets head = head_of_object() + explicit_element(0x00204000, "LT", noise(50'000));
  hold(cost_of(then(opening(20, {kDeflated, kExplicit}), in_mid_object(deflated(head)))), kMostBytes + kWindowBytes);
}

// Digests are made on request: pixels are wanted to their end.
TEST_F(AssociationMemory, OfADeflatedObjectWhosePixelsAreDigested) {
  const Octets object = head_of_object() + explicit_element(0x7fe00010, "OW", noise(50'000));
  hold(cost_of(then(opening(20, {kDeflated, kExplicit}), in_mid_object(deflated(object))), true),
       kMostBytes + kWindowBytes);
}

TEST_F(AssociationMemory, OfAsManyOperationsAsMayBeOpen) {
  const Octets any = item(0x53, be16(0) + be16(0));
  Octets stores;
  for (std::uint16_t id = 1; id <= 256; ++id)
    stores = std::move(stores) + message(kStoreContext, store_request(id), head_of_object());
  hold(cost_of(then(opening(20, {kExplicit, kImplicit}, any), stores)));
}

}  // namespace
}  // namespace dcmwatch::test
