#include "output/record_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "output/json_text.h"
#include "output/samples.h"

namespace dcmwatch {
namespace {

namespace json = boost::json;
using namespace std::string_view_literals;

json::value parsed(const Record& record) {
  TextBuffer out{1};
  RecordWriter{}.append(out, record);
  const std::string_view line = out.text();
  EXPECT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "a record is one line";
  return json::parse(line);
}

const json::value* at_path(const json::value& whole, std::string_view path) {
  const json::value* value = &whole;
  while (value && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    value = value->is_object() ? value->get_object().if_contains(path.substr(0, dot)) : nullptr;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return value;
}

/// What the table says of a record, in the words of Boost.JSON.
class Expected final : public FieldSink {
 public:
  void text(std::string_view value) override { values.emplace_back(json::string{value}); }
  void word(std::string_view value) override {
    for (const char c : value) EXPECT_TRUE(c >= ' ' && c < 0x7f && c != '"' && c != '\\') << value;
    text(value);
  }
  void number(std::int64_t value) override { values.emplace_back(value); }
  void boolean(bool value) override { values.emplace_back(value); }
  void address(const IpAddress& value) override { values.emplace_back(json::string{to_text(value)}); }
  void time(Timestamp value) override { values.emplace_back(json::string{to_rfc3339(value)}); }
  json::array values;
};

std::size_t leaves(const json::value& value) {
  if (!value.is_object()) return 1;
  std::size_t count = 0;
  for (const auto& member : value.get_object()) count += leaves(member.value());
  return count;
}

void expect_what_the_table_says(const Record& record) {
  const json::value whole = parsed(record);
  std::size_t present = 0;
  for (const Field& field : fields()) {
    Expected expected;
    field.visit(record, expected);
    const json::value* written = at_path(whole, field.path);
    ASSERT_EQ(written != nullptr, !expected.values.empty()) << field.path;
    if (!written) continue;
    ++present;
    EXPECT_EQ(*written, field.type == FieldType::text_list ? json::value(expected.values) : expected.values[0])
        << field.path;
  }
  EXPECT_EQ(leaves(whole), present) << "nothing but what the table says";
}

TEST(RecordWriter, WritesWhatTheTableSaysOfEveryDataset) {
  for (const Facts& facts : samples::one_of_each()) {
    for (const Phase phase : {Phase::start, Phase::progress, Phase::end}) {
      const Observation observation = samples::observation(facts, phase);
      expect_what_the_table_says({observation, nullptr, {}});
      expect_what_the_table_says({observation, nullptr, "probe-1"});
    }
  }
}

TEST(RecordWriter, WritesFindings) {
  for (const Phase phase : {Phase::start, Phase::end}) {
    const Finding finding = samples::finding(phase);
    expect_what_the_table_says({finding.example, &finding, "probe-1"});
  }
}

TEST(RecordWriter, WritesAnEmptyRecord) { expect_what_the_table_says({Observation{}, nullptr, {}}); }

TEST(RecordWriter, NestsByTheDottedPath) {
  const Observation observation = samples::observation(samples::connection());
  const json::value whole = parsed({observation, nullptr, {}});
  EXPECT_EQ(whole.at("@timestamp"), "2026-03-02T08:00:01.500000000Z");
  EXPECT_EQ(whole.at("network").at("vlan").at("id"), 100);
  EXPECT_EQ(whole.at("source").at("ip"), "10.20.10.11");
}

TEST(RecordWriter, OpensNoObjectTwice) {
  // A key that comes twice is one that most readers drop: fields of one object must stand together in the table.
  std::set<std::string_view> done;
  std::vector<std::string_view> open;
  for (const Field& field : fields()) {
    std::vector<std::string_view> objects;
    for (std::size_t dot = field.path.find('.'); dot != std::string_view::npos; dot = field.path.find('.', dot + 1)) {
      objects.push_back(field.path.substr(0, dot));
    }
    for (const std::string_view object : open) {
      if (std::ranges::find(objects, object) == objects.end()) done.insert(object);
    }
    for (const std::string_view object : objects) EXPECT_FALSE(done.contains(object)) << field.path;
    open = std::move(objects);
  }
}

TEST(RecordWriter, AppendsAfterWhatIsThere) {
  TextBuffer out;
  out.end_at(std::ranges::copy("before\n"sv, out.room(7)).out);
  const Observation observation = samples::observation(samples::operation());
  RecordWriter writer;
  writer.append(out, {observation, nullptr, {}});
  writer.append(out, {observation, nullptr, {}});
  const std::string lines{out.text()};
  const std::string one = lines.substr(7, (lines.size() - 7) / 2);
  EXPECT_EQ(lines, "before\n" + one + one);
}

TEST(RecordWriter, WritesARecordAlikeWhateverItWroteBefore) {
  std::vector<Observation> observations;
  for (const Facts& facts : samples::one_of_each()) {
    observations.push_back(samples::observation(facts));
    observations.push_back(samples::rogue(facts, Phase::end, 7));  // other parties under the same number
    Observation changed = samples::observation(facts);
    changed.event.protocol = Protocol::hl7;
    observations.push_back(changed);
    test::change(changed.declared).source.device = "ct2";
    observations.push_back(changed);
    test::change(changed.declared).destination.zone = std::string_view{};
    observations.push_back(changed);
    changed.event.parties.vlan = {};
    observations.push_back(changed);
    changed.event.parties.reverse();
    observations.push_back(changed);
    changed.declared = samples::rogue(facts, Phase::end, 7).declared;
    observations.push_back(changed);
    test::change(changed.declared).deviations = changed.declared->deviations.first(1);
    observations.push_back(changed);
    test::change(changed.declared).flow = "another";
    observations.push_back(changed);
    changed.declared = {};
    observations.push_back(changed);
  }
  const std::string long_name(1000, 'n');
  observations.push_back(samples::observation(samples::message()));
  test::change(observations.back().declared).source.device = long_name;
  observations.push_back(observations.back());

  RecordWriter used;
  for (const Observation& observation : observations) {
    TextBuffer expected, out;
    RecordWriter{}.append(expected, {observation, nullptr, {}});
    for (const Observation& before : observations) {
      used.append(out, {before, nullptr, {}});
      for (int again = 0; again < 2; ++again) {
        out.clear();
        used.append(out, {observation, nullptr, {}});
        ASSERT_EQ(out.text(), expected.text());
      }
    }
  }
}

struct Escape {
  std::string_view text;
  std::string_view json;
};

std::string json_string(std::string_view text) {
  std::string out(json_string_bytes(text), '\0');
  out.resize(static_cast<std::size_t>(put_json_string(out.data(), text) - out.data()));
  return out;
}

TEST(JsonText, EscapesWhatWouldBreakALineOrCommandATerminal) {
  constexpr Escape kEscapes[] = {
      {"", R"("")"},
      {"CT1", R"("CT1")"},
      {"a\"b\\c/d", R"("a\"b\\c/d")"},
      {"\n\r\t\b\0"sv, R"("\n\r\t\u0008\u0000")"},
      {"\x1b[31m", R"("\u001b[31m")"},
      {"\x7f", R"("\u007f")"},
      {"\xc2\x9b"
       "31m",
       R"("\u009b31m")"},
      {"R\xc3\xb6ntgen", "\"R\xc3\xb6ntgen\""},
      {"\xe2\x82\xac \xf0\x9f\xa9\xbb", "\"\xe2\x82\xac \xf0\x9f\xa9\xbb\""},
  };
  for (const Escape& escape : kEscapes) {
    EXPECT_EQ(json_string(escape.text), escape.json);
  }
}

TEST(JsonText, ReplacesWhatIsNoUtf8) {
  constexpr Escape kEscapes[] = {
      {"R\xf6ntgen", R"("R\ufffdntgen")"},                    // ISO 8859-1
      {"\x80", R"("\ufffd")"},                                // a continuation alone
      {"\xc0\xaf", R"("\ufffd\ufffd")"},                      // overlong
      {"\xe0\x80\xaf", R"("\ufffd\ufffd\ufffd")"},            // overlong
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},            // a surrogate
      {"\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},  // beyond U+10FFFF
      {"\xf8\x88\x80\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd\ufffd")"},
      {"\xe2\x82", R"("\ufffd")"},  // cut short: one maximal subpart
      {"\xf0\x9f\xa9"
       "x",
       R"("\ufffdx")"},
  };
  for (const Escape& escape : kEscapes) {
    EXPECT_EQ(json_string(escape.text), escape.json);
  }
}

TEST(JsonText, IsValidForAnyTwoBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string out = json_string(std::string{'x', static_cast<char>(first), static_cast<char>(second)});
      EXPECT_TRUE(json::parse(out).is_string()) << first << ' ' << second;
    }
  }
}

TEST(JsonText, IsTheSameWhereverInTheTextAByteStands) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const std::string alone = json_string(one);
    const std::string escaped = alone.substr(1, alone.size() - 2);
    for (std::size_t before = 0; before < 18; ++before) {
      for (std::size_t after = 0; after < 10; ++after) {
        const std::string left(before, '~'), right(after, '!');
        EXPECT_EQ(json_string(left + one + right), '"' + left + escaped + right + '"') << byte;
      }
    }
  }
}

TEST(RecordWriter, IsValidWhateverAnAeTitleHolds) {
  DicomAssociation association = samples::association();
  association.calling_ae = "\"},\x01\xff\n{\"rule\":";
  expect_what_the_table_says({samples::observation(samples::operation()), nullptr, {}});
  const json::value whole = parsed({samples::observation(association), nullptr, {}});
  EXPECT_EQ(whole.at("dicom").at("calling_ae"), "\"},\x01\xef\xbf\xbd\n{\"rule\":");
}

}  // namespace
}  // namespace dcmwatch
