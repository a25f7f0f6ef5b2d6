#include "base/exact.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"

/* Places count bits from 2^-1088. So the integers begin with a word, and below the smallest double,
 * 2^-1074, are bits enough to see on which side of a half a quotient lies. */
enum { UNIT = 1088, UNIT_WORD = UNIT / 64, LEAST = UNIT - 1074, DIGITS = 53 };

_Static_assert(UNIT % 64 == 0, "integers begin with a word");

__extension__ typedef unsigned __int128 wide;

/* magnitude * 2^(place - UNIT), negative or not. */
struct part {
    uint64_t magnitude;
    unsigned place;
    bool negative;
};

static struct part part_of(double x, bool in)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    unsigned exponent = (unsigned)(bits >> 52) & 0x7ff;
    uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    FB_ASSERT(exponent < 0x7ff);
    return (struct part){
        .magnitude = exponent ? fraction | (uint64_t)1 << 52 : fraction,
        .place = LEAST + (exponent ? exponent - 1 : 0),
        .negative = (bits >> 63 != 0) == in,
    };
}

static struct part part_of_int(int64_t x, bool in)
{
    return (struct part){
        .magnitude = x < 0 ? 0 - (uint64_t)x : (uint64_t)x,
        .place = UNIT,
        .negative = (x < 0) == in,
    };
}

/* There is room for it: 2^63 numbers do not reach the sign. */
static void add(struct fb_exact *sum, struct part part)
{
    unsigned at = part.place / 64;
    wide shifted = (wide)part.magnitude << part.place % 64;
    uint64_t flip = part.negative ? UINT64_MAX : 0; /* -x is ~x + 1 */
    uint64_t carry = flip & 1;
    FB_ASSERT(at + 2 <= FB_EXACT_WORDS);
    for (unsigned i = at; i < FB_EXACT_WORDS; i++) {
        uint64_t word = i == at ? (uint64_t)shifted : i == at + 1 ? (uint64_t)(shifted >> 64) : 0;
        wide with = (wide)sum->words[i] + (word ^ flip) + carry;
        sum->words[i] = (uint64_t)with;
        carry = (uint64_t)(with >> 64);
        if (i > at && carry == (flip & 1)) {
            break; /* what follows stays */
        }
    }
}

void fb_exact_add(struct fb_exact *sum, double x, bool in)
{
    FB_ASSERT(sum);
    uint64_t one = in ? 1 : UINT64_MAX; /* wraps: minus one */
    if (isnan(x)) {
        sum->nans += one;
    } else if (isinf(x)) {
        sum->infinities[x < 0.0] += one;
    } else {
        add(sum, part_of(x, in));
    }
}

void fb_exact_add_int(struct fb_exact *sum, int64_t x, bool in)
{
    FB_ASSERT(sum);
    add(sum, part_of_int(x, in));
}

/* ---- small sums ---- */

/* Moves the words one place, which must lose nothing. */
static bool move_down(struct fb_exact_small *sum)
{
    uint64_t sign = sum->words[1] >> 63 ? UINT64_MAX : 0;
    if (sum->low == 0 || sum->words[2] != sign) {
        return false;
    }
    memmove(sum->words + 1, sum->words, 2 * sizeof(*sum->words));
    sum->words[0] = 0;
    sum->low--;
    return true;
}

static bool move_up(struct fb_exact_small *sum)
{
    if (sum->low + FB_EXACT_SMALL_WORDS == FB_EXACT_WORDS || sum->words[0] != 0) {
        return false;
    }
    memmove(sum->words, sum->words + 1, 2 * sizeof(*sum->words));
    sum->words[2] = sum->words[1] >> 63 ? UINT64_MAX : 0;
    sum->low++;
    return true;
}

/* Adds to the three words, as `add` does. False when they have no room for it; then *sum is as it
 * was. */
static bool add_here(struct fb_exact_small *sum, struct part part)
{
    unsigned at = part.place / 64 - sum->low; /* wraps when that is below */
    if (at > 1) {
        return false;
    }
    wide shifted = (wide)part.magnitude << part.place % 64;
    uint64_t low = (uint64_t)shifted;
    uint64_t high = (uint64_t)(shifted >> 64);
    uint64_t flip = part.negative ? UINT64_MAX : 0;
    wide first = (wide)sum->words[0] + ((at ? 0 : low) ^ flip) + (flip & 1);
    wide second = (wide)sum->words[1] + ((at ? low : high) ^ flip) + (uint64_t)(first >> 64);
    uint64_t third = sum->words[2] + ((at ? high : 0) ^ flip) + (uint64_t)(second >> 64);
    bool before = sum->words[2] >> 63;
    if (before == part.negative && third >> 63 != before) {
        return false;
    }
    sum->words[0] = (uint64_t)first;
    sum->words[1] = (uint64_t)second;
    sum->words[2] = third;
    return true;
}

static bool small_add(struct fb_exact_small *sum, struct part part)
{
    struct fb_exact_small next = *sum;
    unsigned at = part.place / 64;
    bool fits = true;
    if (part.magnitude == 0) {
        return true;
    }
    if (!(next.words[0] | next.words[1] | next.words[2])) {
        /* Floats a word lower than they need: smaller ones may follow. */
        unsigned highest = FB_EXACT_WORDS - FB_EXACT_SMALL_WORDS;
        next.low = part.place % 64 == 0 || at == 0 ? at : at - 1;
        next.low = next.low < highest ? next.low : highest;
    }
    while (fits && at < next.low) {
        fits = move_down(&next);
    }
    while (fits && at > next.low + 1) {
        fits = move_up(&next);
    }
    if (!fits || (!add_here(&next, part) && !(move_up(&next) && add_here(&next, part)))) {
        return false;
    }
    *sum = next;
    return true;
}

bool fb_exact_small_add(struct fb_exact_small *sum, double x, bool in)
{
    FB_ASSERT(sum);
    if (!isfinite(x)) {
        return false;
    }
    struct part part = part_of(x, in);
    return add_here(sum, part) || small_add(sum, part);
}

bool fb_exact_small_add_int(struct fb_exact_small *sum, int64_t x, bool in)
{
    FB_ASSERT(sum);
    struct part part = part_of_int(x, in);
    return add_here(sum, part) || small_add(sum, part);
}

void fb_exact_widen(const struct fb_exact_small *sum, struct fb_exact *out)
{
    FB_ASSERT(sum && out);
    FB_ASSERT(sum->low + FB_EXACT_SMALL_WORDS <= FB_EXACT_WORDS);
    bool negative = sum->words[FB_EXACT_SMALL_WORDS - 1] >> 63;
    *out = (struct fb_exact){.nans = 0};
    memcpy(out->words + sum->low, sum->words, sizeof(sum->words));
    for (unsigned i = sum->low + FB_EXACT_SMALL_WORDS; negative && i < FB_EXACT_WORDS; i++) {
        out->words[i] = UINT64_MAX;
    }
}

/* ---- results ---- */

/* The bits of words from a place on, at most 64. */
static uint64_t bits_from(const uint64_t *words, unsigned count, unsigned place)
{
    unsigned at = place / 64;
    unsigned shift = place % 64;
    uint64_t low = at < count ? words[at] >> shift : 0;
    uint64_t high = shift && at + 1 < count ? words[at + 1] << (64 - shift) : 0;
    return low | high;
}

/* Whether a bit below a place is set. */
static bool any_below(const uint64_t *words, unsigned place)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < place / 64; i++) {
        any |= words[i];
    }
    return any || (place % 64 && words[place / 64] << (64 - place % 64));
}

/* Divides words in place. As soon as more digits are found than a double has, it is enough to know
 * whether anything is missing. */
static bool divide(uint64_t *words, unsigned count, uint64_t by)
{
    uint64_t rest = 0;
    unsigned found = 0;
    for (unsigned i = count; i-- > 0;) {
        if (found == 2) {
            bool more = rest || any_below(words, (i + 1) * 64);
            memset(words, 0, (i + 1) * sizeof(*words));
            return more;
        }
        wide part = (wide)rest << 64 | words[i];
        words[i] = (uint64_t)(part / by);
        rest = (uint64_t)(part % by);
        found += found || words[i] ? 1 : 0;
    }
    return rest != 0;
}

/* The nearest double of a magnitude, of which a part too small to have bits here may be missing. */
static double nearest(const uint64_t *words, unsigned count, unsigned low, bool missing)
{
    unsigned top = count;
    while (top > 0 && words[top - 1] == 0) {
        top--;
    }
    if (top == 0) {
        return 0.0; /* what may be missing is far below half of the least double */
    }
    /* Places from here on count from the first word. */
    int base = (int)(low * 64);
    int end = (int)(top * 64) - __builtin_clzll(words[top - 1]);
    int last = end - DIGITS > LEAST - base ? end - DIGITS : LEAST - base;
    if (last <= 0) {
        /* All bits are digits; what is missing would lie below the first word. */
        FB_ASSERT(!missing);
        return ldexp((double)bits_from(words, count, 0), base - UNIT);
    }
    uint64_t digits = bits_from(words, count, (unsigned)last);
    bool half = bits_from(words, count, (unsigned)last - 1) & 1;
    bool more = missing || any_below(words, (unsigned)last - 1);
    digits += half && (more || (digits & 1)) ? 1 : 0;
    return ldexp((double)digits, last + base - UNIT);
}

/* The words must begin low enough that a quotient keeps all digits, or be divided by 1. */
static double mean(const uint64_t *from, unsigned count, unsigned low, uint64_t by)
{
    uint64_t words[FB_EXACT_WORDS];
    bool negative = from[count - 1] >> 63;
    uint64_t carry = negative ? 1 : 0;
    for (unsigned i = 0; i < count; i++) {
        words[i] = (negative ? ~from[i] : from[i]) + carry;
        carry = carry && words[i] == 0 ? 1 : 0;
    }
    bool missing = by > 1 && divide(words, count, by);
    double result = nearest(words, count, low, missing);
    return negative ? -result : result;
}

double fb_exact_mean(const struct fb_exact *sum, uint64_t count)
{
    FB_ASSERT(sum);
    FB_ASSERT(count > 0);
    if (sum->nans || (sum->infinities[0] && sum->infinities[1])) {
        return NAN;
    }
    if (sum->infinities[0] || sum->infinities[1]) {
        return sum->infinities[0] ? INFINITY : -INFINITY;
    }
    return mean(sum->words, FB_EXACT_WORDS, 0, count);
}

double fb_exact_small_mean(const struct fb_exact_small *sum, uint64_t count)
{
    FB_ASSERT(sum);
    FB_ASSERT(count > 0);
    const int64_t plain = (int64_t)1 << DIGITS;
    int64_t whole = 0;
    if (fb_exact_small_int(sum, &whole) && whole <= plain && whole >= -plain &&
        count <= (uint64_t)plain) {
        return (double)whole / (double)count; /* of exact numbers: rounded once */
    }
    if (count == 1) {
        return mean(sum->words, FB_EXACT_SMALL_WORDS, sum->low, 1);
    }
    struct fb_exact all;
    fb_exact_widen(sum, &all);
    return mean(all.words, FB_EXACT_WORDS, 0, count);
}

/* An integer has its unit word, zeros below and its sign above. */
static bool as_int(const uint64_t *words, unsigned count, unsigned low, int64_t *out)
{
    uint64_t whole = 0;
    bool fits = true;
    for (unsigned i = 0; i < count; i++) {
        whole = low + i == UNIT_WORD ? words[i] : whole;
    }
    uint64_t sign = whole >> 63 ? UINT64_MAX : 0;
    for (unsigned i = 0; i < count; i++) {
        fits = fits && (low + i == UNIT_WORD || words[i] == (low + i < UNIT_WORD ? 0 : sign));
    }
    *out = (int64_t)whole;
    return fits;
}

bool fb_exact_int(const struct fb_exact *sum, int64_t *out)
{
    FB_ASSERT(sum && out);
    FB_ASSERT(!sum->nans && !sum->infinities[0] && !sum->infinities[1]);
    return as_int(sum->words, FB_EXACT_WORDS, 0, out);
}

bool fb_exact_small_int(const struct fb_exact_small *sum, int64_t *out)
{
    FB_ASSERT(sum && out);
    FB_ASSERT(sum->low + FB_EXACT_SMALL_WORDS <= FB_EXACT_WORDS);
    return as_int(sum->words, FB_EXACT_SMALL_WORDS, sum->low, out);
}
