/*
 * exact.h: sums of numbers without error. Any 64-bit integer and any double can be added and taken
 * out again, in any order; the sum or the mean is rounded once, when it is asked for, to the
 * nearest double and to the even one of two.
 *
 * The sum is a whole number of units of 2^-1088 in two's complement, wide enough for 2^63 doubles
 * (Kulisch, Arithmetic in Action; Neal, "Fast exact summation using small and large
 * superaccumulators", arXiv:1505.05571). What is no finite number is counted apart: a NaN, or
 * infinities of both signs, make the result NaN; infinities of one sign make it that infinity.
 */
#ifndef FB_BASE_EXACT_H
#define FB_BASE_EXACT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FB_EXACT_WORDS = 34,      /**< 2^-1088 to 2^1087, and a sign */
    FB_EXACT_SMALL_WORDS = 3, /**< of a small sum */
};

/** A sum. All zero: of nothing. */
struct fb_exact {
    uint64_t words[FB_EXACT_WORDS]; /**< the lowest first */
    uint64_t nans;
    uint64_t infinities[2]; /**< above, below */
};

/** A sum that needs less memory, as long as what is added does not differ much in size. All zero:
 * of nothing. */
struct fb_exact_small {
    uint64_t words[FB_EXACT_SMALL_WORDS];
    uint32_t low; /**< the place of the first of them in a struct fb_exact */
};

/** Adds a number (in), or takes out one that was added. */
void fb_exact_add(struct fb_exact *sum, double x, bool in);
void fb_exact_add_int(struct fb_exact *sum, int64_t x, bool in);

/** As fb_exact_add and fb_exact_add_int. False when the result does not fit into a small sum, which
 * then is as it was: fb_exact_widen goes on. Infinities and NaN never fit. */
bool fb_exact_small_add(struct fb_exact_small *sum, double x, bool in);
bool fb_exact_small_add_int(struct fb_exact_small *sum, int64_t x, bool in);

/** The same sum, with room for everything. */
void fb_exact_widen(const struct fb_exact_small *sum, struct fb_exact *out);

/** The sum divided by count > 0, rounded once: the mean, and with 1 the sum itself. It is infinite
 * where the result is beyond all doubles, and 0.0, never -0.0, where the sum is zero. */
double fb_exact_mean(const struct fb_exact *sum, uint64_t count);
double fb_exact_small_mean(const struct fb_exact_small *sum, uint64_t count);

/** The sum of integers alone, written always; false when it does not fit into 64 bits. */
bool fb_exact_int(const struct fb_exact *sum, int64_t *out);
bool fb_exact_small_int(const struct fb_exact_small *sum, int64_t *out);

#endif
