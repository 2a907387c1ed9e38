// Tells ThreadSanitizer of the hand-over of a task, which happens inside the TBB library where it cannot see. Nothing
// else is annotated: that a step ends before its successors begin must follow from the counters alone.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define WEFT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_TSAN 1
#endif
#endif

#ifdef WEFT_TSAN
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace weft {

#ifdef WEFT_TSAN
inline constexpr bool kThreadSanitizer = true;
inline void tsan_acquire(void* address) { __tsan_acquire(address); }
inline void tsan_release(void* address) { __tsan_release(address); }
#else
inline constexpr bool kThreadSanitizer = false;
inline void tsan_acquire(void*) {}
inline void tsan_release(void*) {}
#endif

}  // namespace weft
