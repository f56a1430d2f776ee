#include "event/presentation_contexts.h"

namespace dcmwatch {

UidTexts::Place UidTexts::find_stranger(std::string_view uid) const {
  if (uid.empty()) return 0;
  for (std::size_t at = 0; at < strangers_.size();) {
    const auto place = static_cast<Place>(kFirstStranger + at);
    const std::string_view text = this->at(place);
    if (text == uid) return place;
    at += 1 + text.size();
  }
  return 0;
}

UidTexts::Place UidTexts::add_stranger(std::string_view uid) {
  if (uid.empty() || uid.size() > 0xff || strangers_.size() + 1 + uid.size() > kMostStrangerBytes) return 0;
  const auto place = static_cast<Place>(kFirstStranger + strangers_.size());
  strangers_ += static_cast<char>(uid.size());
  strangers_ += uid;
  return place;
}

}  // namespace dcmwatch
