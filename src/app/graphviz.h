// Graphviz lays drawings out. It is a program beside us, not a library within: what it reads comes from a file that
// anybody may have written, and nobody who draws nothing needs it.
#pragma once

#include <string>

namespace dcmwatch {

/// The drawing in SVG. Throws std::runtime_error, with what to do, if there is no `dot` or it takes half a minute.
std::string svg_from_dot(const std::string& dot);

}  // namespace dcmwatch
