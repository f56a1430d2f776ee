#include "capture/decompress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "capture/window_buffers.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kGzip = "\x1f\x8b";
constexpr std::string_view kZstandard = "\x28\xb5\x2f\xfd";

/// A decompressor: takes from `in` and writes to `out`, both of which then hold what is left of them.
class Codec {
 public:
  virtual ~Codec() = default;
  /// False if the data are damaged; failure() says how.
  virtual bool decode(ByteView& in, std::span<std::uint8_t>& out) = 0;
  /// Whether the input may end here.
  [[nodiscard]] virtual bool complete() const = 0;
  [[nodiscard]] virtual std::string failure() const = 0;
};

class Gzip final : public Codec {
 public:
  Gzip() {
    constexpr int kGzipWrapper = 16;
    inflateInit2(&stream_, MAX_WBITS + kGzipWrapper);
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  bool decode(ByteView& in, std::span<std::uint8_t>& out) override {
    if (complete_) {
      // Tapes and block devices pad with zeros.
      while (!in.empty() && in[0] == 0) in = in.subspan(1);
      if (in.empty()) return true;
      inflateReset(&stream_);
      complete_ = false;
    }
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    complete_ = result == Z_STREAM_END;
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
  }

  [[nodiscard]] bool complete() const override { return complete_; }
  [[nodiscard]] std::string failure() const override { return stream_.msg ? stream_.msg : "no gzip data"; }

 private:
  z_stream stream_{};
  bool complete_ = false;
};

class Zstandard final : public Codec {
 public:
  Zstandard() : context_(ZSTD_createDCtx()) {
    constexpr int kWindowLog = 27;  // 128 MiB, what the zstd program allows itself
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
  }

  bool decode(ByteView& in, std::span<std::uint8_t>& out) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &to, &from);
    // Where it did nothing, it says what the next frame would need.
    if (from.pos != 0 || to.pos != 0 || ZSTD_isError(result) != 0) result_ = result;
    in = in.subspan(from.pos);
    out = out.subspan(to.pos);
    return ZSTD_isError(result_) == 0;
  }

  [[nodiscard]] bool complete() const override { return result_ == 0; }
  [[nodiscard]] std::string failure() const override { return ZSTD_getErrorName(result_); }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::size_t result_ = 1;
};

class Decompressed final : public Input {
 public:
  Decompressed(std::unique_ptr<Input> input, std::unique_ptr<Codec> codec, Window first, ByteView beginning)
      : input_(std::move(input)), codec_(std::move(codec)), window_(std::move(first)), in_(beginning) {}

  Given next(Window& window) override {
    const std::span<std::uint8_t> all{buffers_.fresh(), WindowBuffers::kFreshBytes};
    std::span<std::uint8_t> out = all.subspan(written_);
    Given more = Given::bytes;
    while (!out.empty() && more == Given::bytes) more = decode(out);
    written_ = all.size() - out.size();
    if (written_ == 0) return more;
    window = buffers_.window(std::exchange(written_, 0), window_.position_bytes);
    return Given::bytes;
  }

  [[nodiscard]] const std::string& failure() const override { return failure_; }

 private:
  // One step; Given::bytes: there may be more.
  Given decode(std::span<std::uint8_t>& out) {
    if (!failure_.empty()) return Given::failed;
    const std::size_t had = in_.size() + out.size();
    if (!codec_->decode(in_, out)) return fail("the compressed data are damaged (" + codec_->failure() + ')');
    if (in_.size() + out.size() != had) return Given::bytes;
    switch (input_->next(window_)) {
      case Given::bytes: in_ = window_.fresh; return Given::bytes;
      case Given::idle: return Given::idle;
      case Given::end: return codec_->complete() ? Given::end : fail("the compressed data end too early");
      case Given::failed: break;
    }
    return fail(input_->failure());
  }

  Given fail(std::string why) {
    failure_ = std::move(why);
    return Given::failed;
  }

  std::unique_ptr<Input> input_;
  std::unique_ptr<Codec> codec_;
  Window window_;  ///< of the input
  ByteView in_;    ///< of that window, not yet decompressed
  WindowBuffers buffers_;
  std::size_t written_ = 0;
  std::string failure_;
};

}  // namespace

bool is_compressed(ByteView beginning) {
  return as_text(beginning).starts_with(kGzip) || as_text(beginning).starts_with(kZstandard);
}

std::unique_ptr<Input> decompress(std::unique_ptr<Input> input, Window first, ByteView beginning) {
  std::unique_ptr<Codec> codec;
  if (as_text(beginning).starts_with(kGzip)) {
    codec = std::make_unique<Gzip>();
  } else {
    codec = std::make_unique<Zstandard>();
  }
  return std::make_unique<Decompressed>(std::move(input), std::move(codec), std::move(first), beginning);
}

}  // namespace dcmwatch
