/*
 * random.h: random numbers that are a function of a seed and a counter, for resampling.
 *
 * Philox4x32-10 of J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers:
 * as easy as 1, 2, 3" (SC11, 2011): ten rounds of multiplications on a 128-bit counter under a
 * 64-bit key. The key comes from a digest of the evidence, half of the counter is a stream (one a
 * resample), so the same evidence gives the same numbers on every machine and in any order of work.
 */
#ifndef FB_STATS_RANDOM_H
#define FB_STATS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** A generator. Fields are private; copying it copies its place in the stream. */
struct fb_random {
    uint32_t key[2];
    uint64_t stream;
    uint64_t block;
    uint32_t words[4];
    uint32_t left; /**< words of this block that were not handed out yet */
};

/** The key of the first eight bytes of a digest (little-endian). */
uint64_t fb_random_key(const uint8_t digest[32]);

/** Starts one of the 2^64 streams of a key, at its beginning. */
struct fb_random fb_random_start(uint64_t key, uint64_t stream);

/** One block: what Philox4x32-10 makes of a counter under a key. */
void fb_random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** The next 32 bits. */
uint32_t fb_random_u32(struct fb_random *random);

/** A whole number below n, each equally likely (D. Lemire, "Fast random integer generation in an
 * interval", 2019, with its rejection). n is positive. */
uint32_t fb_random_below(struct fb_random *random, uint32_t n);

/** A number strictly between 0 and 1: a multiple of 2^-53 plus 2^-54. */
double fb_random_unit(struct fb_random *random);

/** An exponential variate of mean 1. */
double fb_random_exponential(struct fb_random *random);

/** A standard normal variate, by inversion of one fb_random_unit. */
double fb_random_normal(struct fb_random *random);

#endif
