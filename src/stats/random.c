#define MATHLIB_STANDALONE 1
#include "stats/random.h"

#include <Rmath.h>
#include <math.h>

#include "base/assert.h"

enum { ROUNDS = 10 };

uint64_t fb_random_key(const uint8_t digest[32])
{
    uint64_t key = 0;
    for (int i = 7; i >= 0; i--) {
        key = key << 8 | digest[i];
    }
    return key;
}

struct fb_random fb_random_start(uint64_t key, uint64_t stream)
{
    return (struct fb_random){
        .key = {(uint32_t)key, (uint32_t)(key >> 32)}, .stream = stream, .left = 0};
}

void fb_random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t a = (uint64_t)UINT32_C(0xD2511F53) * c0;
        uint64_t b = (uint64_t)UINT32_C(0xCD9E8D57) * c2;
        uint32_t next0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        uint32_t next2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b;
        c3 = (uint32_t)a;
        c0 = next0;
        c2 = next2;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint32_t fb_random_u32(struct fb_random *random)
{
    if (random->left == 0) {
        const uint32_t counter[4] = {(uint32_t)random->block, (uint32_t)(random->block >> 32),
            (uint32_t)random->stream, (uint32_t)(random->stream >> 32)};
        fb_random_block(counter, random->key, random->words);
        random->block++;
        random->left = 4;
    }
    return random->words[4 - random->left--];
}

uint32_t fb_random_below(struct fb_random *random, uint32_t n)
{
    FB_ASSERT(n > 0);
    uint64_t product = (uint64_t)fb_random_u32(random) * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = (0U - n) % n;
        while ((uint32_t)product < threshold) {
            product = (uint64_t)fb_random_u32(random) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

double fb_random_unit(struct fb_random *random)
{
    uint64_t high = fb_random_u32(random);
    uint64_t low = fb_random_u32(random);
    uint64_t bits = (high << 32 | low) >> 11;
    /* The largest would round to 1. */
    double unit = ((double)bits + 0.5) * 0x1p-53;
    return unit < 1 ? unit : 1 - 0x1p-53;
}

double fb_random_exponential(struct fb_random *random)
{
    return -log(fb_random_unit(random));
}

double fb_random_normal(struct fb_random *random)
{
    return qnorm5(fb_random_unit(random), 0, 1, 1, 0);
}
