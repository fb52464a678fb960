#pragma once

/// Marks what libtroodon.so shows; everything else in it is hidden.
#if defined(__GNUC__)
#define TROODON_API __attribute__((visibility("default")))
#else
#define TROODON_API
#endif
