/* fb_draw.h: numbers by chance that are the same in every run. */
#ifndef FB_DRAW_H
#define FB_DRAW_H

#include <stddef.h>
#include <stdint.h>

/** The next number. The n-th is a function of n and of what *draws was at first: splitmix64,
 * Steele, Lea, Flood 2014. */
static inline uint64_t fb_draw(uint64_t *draws)
{
    uint64_t x = (*draws += 0x9E3779B97F4A7C15u);
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/** The next number, below a limit. */
static inline size_t fb_draw_below(uint64_t *draws, size_t below)
{
    return (size_t)(fb_draw(draws) % below);
}

/** The n-th number of draws that begin at 0, whatever was drawn before. */
static inline uint64_t fb_draw_at(uint64_t n)
{
    uint64_t draws = n * 0x9E3779B97F4A7C15u;
    return fb_draw(&draws);
}

#endif
