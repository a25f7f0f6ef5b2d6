/*
 * json_pass.c: passing over a value without reading it.
 *
 * 64 bytes at a time are classified into masks of bits (Langdale and Lemire, "Parsing gigabytes of
 * JSON per second", VLDB Journal 28, 2019, section 3.1); what is outside of strings and a bracket
 * is then looked at by itself.
 */
#include <string.h>

#include "base/assert.h"
#include "base/json_private.h"

/* Inlined into callers of several instruction sets. */
#define ALWAYS static inline __attribute__((always_inline))

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,bmi,popcnt")))
#endif

enum { BLOCK = FB_JSON_BLOCK, DEPTH_WORDS = 4096 / 64 };

#define EACH_BYTE(byte) (UINT64_MAX / 255 * (byte))

/* The top bits of the bytes of a word, the first byte's lowest. */
static uint64_t top_bits(uint64_t word)
{
    return ((word >> 7 & EACH_BYTE(1)) * UINT64_C(0x0102040810204080)) >> 56;
}

/* Bits of the bytes of a word that are one byte. */
static uint64_t equal_bits(uint64_t word, unsigned char byte)
{
    uint64_t differs = word ^ EACH_BYTE((uint64_t)byte);
    /* 0x80 in each byte that is 0, and in no other: no carry leaves a byte. */
    uint64_t low = (differs & EACH_BYTE(0x7f)) + EACH_BYTE(0x7f);
    return top_bits(~(low | differs));
}

void fb_json_classify(const char block[FB_JSON_BLOCK], struct fb_json_masks *out)
{
    *out = (struct fb_json_masks){0};
    for (unsigned i = 0; i < BLOCK; i += 8) {
        unsigned char bytes[8];
        uint64_t word = 0;
        memcpy(bytes, block + i, sizeof(bytes));
        for (unsigned n = 0; n < 8; n++) {
            word |= (uint64_t)bytes[n] << (8 * n);
        }
        uint64_t folded = word | EACH_BYTE(0x20);
        uint64_t control = ~word & ~((word & EACH_BYTE(0x7f)) + EACH_BYTE(0x60));
        out->quote |= equal_bits(word, '"') << i;
        out->backslash |= equal_bits(word, '\\') << i;
        out->open |= equal_bits(folded, '{') << i;
        out->close |= equal_bits(folded, '}') << i;
        out->newline |= equal_bits(word, '\n') << i;
        out->control |= top_bits(control & EACH_BYTE(0x80)) << i;
    }
}

#if defined(__x86_64__)
/* The bits of the bytes of 32 that are one byte. */
AVX2 ALWAYS uint64_t equal32(__m256i bytes, char byte)
{
    return (uint64_t)(unsigned)_mm256_movemask_epi8(
        _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte)));
}

AVX2 ALWAYS void classify_avx2(const char block[FB_JSON_BLOCK], struct fb_json_masks *out)
{
    struct fb_json_masks masks = {0};
    for (unsigned i = 0; i < BLOCK; i += 32) {
        __m256i bytes;
        memcpy(&bytes, block + i, sizeof(bytes));
        __m256i folded = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        __m256i lowest = _mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f));
        __m256i control = _mm256_cmpeq_epi8(lowest, bytes);
        masks.quote |= equal32(bytes, '"') << i;
        masks.backslash |= equal32(bytes, '\\') << i;
        masks.open |= equal32(folded, '{') << i;
        masks.close |= equal32(folded, '}') << i;
        masks.newline |= equal32(bytes, '\n') << i;
        masks.control |= (uint64_t)(unsigned)_mm256_movemask_epi8(control) << i;
    }
    *out = masks;
}

AVX2 void fb_json_classify_avx2(const char block[FB_JSON_BLOCK], struct fb_json_masks *out)
{
    classify_avx2(block, out);
}
#endif

/* Where one is in a value that is passed over. */
struct pass {
    size_t depth;                   /* brackets that are open inside of it, itself included */
    uint64_t is_array[DEPTH_WORDS]; /* by depth */
    bool in_string;
    bool escaped; /* the next byte is, by a backslash before it */
};

/* Bits of the bytes behind a backslash that escapes them. */
ALWAYS uint64_t escapes(struct pass *pass, uint64_t backslash)
{
    uint64_t out = pass->escaped;
    backslash &= ~out;
    pass->escaped = false;
    while (backslash) {
        unsigned at = (unsigned)__builtin_ctzll(backslash);
        pass->escaped = at == BLOCK - 1;
        out |= at == BLOCK - 1 ? 0 : UINT64_C(2) << at;
        backslash &= at == BLOCK - 1 ? 0 : ~(UINT64_C(3) << at);
    }
    return out;
}

/* Bits from each quote that opens a string up to before the one that closes it. */
ALWAYS uint64_t inside_strings(struct pass *pass, uint64_t quotes)
{
    for (unsigned shift = 1; shift < BLOCK; shift *= 2) {
        quotes ^= quotes << shift;
    }
    quotes ^= pass->in_string ? UINT64_MAX : 0;
    pass->in_string = quotes >> (BLOCK - 1);
    return quotes;
}

/* Refuses the n-th byte from pos. */
static enum fb_code refuse(struct fb_json_reader *r, const struct pass *pass, size_t n,
    const char *expected, struct fb_err *err)
{
    int c = (unsigned char)r->text[r->pos + n];
    size_t top = pass->depth - 1;
    bool is_array = pass->depth > 0 && (pass->is_array[top / 64] >> top % 64 & 1);
    return fb_json_scan_unexpected(r, n, c,
        expected   ? expected
        : is_array ? "',' or ']'"
                   : "',' or '}'",
        err);
}

/* Takes the brackets of a block that stand outside of strings; *done is how many bytes belong to
 * the value when it ends here. */
ALWAYS enum fb_code take_brackets(struct fb_json_reader *r, struct pass *pass, uint64_t brackets,
    size_t *done, struct fb_err *err)
{
    const char *text = r->text + r->pos;
    for (; brackets; brackets &= brackets - 1) {
        unsigned at = (unsigned)__builtin_ctzll(brackets);
        bool is_array = text[at] == '[' || text[at] == ']';
        if ((text[at] & 6) == 2) { /* [ and {, of which the codes end in 011 */
            if (r->depth + pass->depth > r->options.depth_max) {
                (void)fb_err_set(err, FB_E_LIMIT, "arrays and objects are nested deeper than %u",
                    (unsigned)r->options.depth_max);
                return fb_json_scan_placed(r, at, err);
            }
            uint64_t bit = UINT64_C(1) << pass->depth % 64;
            uint64_t *word = &pass->is_array[pass->depth / 64];
            *word = is_array ? *word | bit : *word & ~bit;
            pass->depth++;
            continue;
        }
        size_t top = pass->depth - 1;
        if ((pass->is_array[top / 64] >> top % 64 & 1) != is_array) {
            return refuse(r, pass, at, NULL, err);
        }
        pass->depth--;
        if (pass->depth == 0) {
            *done = at + 1;
            return FB_OK;
        }
    }
    return FB_OK;
}

/* Takes count bytes from pos, at most BLOCK, which are classified; *done as above. */
ALWAYS enum fb_code take_masks(struct fb_json_reader *r, struct pass *pass, size_t count,
    struct fb_json_masks masks, size_t *done, struct fb_err *err)
{
    bool whole = count == BLOCK;
    uint64_t escaped = masks.backslash || pass->escaped ? escapes(pass, masks.backslash) : 0;
    uint64_t inside = inside_strings(pass, masks.quote & ~escaped);
    if (!whole) {
        /* The escape may be of the first byte that has not been read. */
        pass->escaped = escaped >> count & 1;
    }
    /* What is wrong first counts, wherever the block begins. */
    uint64_t bad = (masks.control & inside) | (masks.backslash & ~inside);
    uint64_t before = bad ? (bad & (~bad + 1)) - 1 : UINT64_MAX;
    size_t end = 0;
    uint64_t brackets = (masks.open | masks.close) & ~inside & before;
    enum fb_code code = take_brackets(r, pass, brackets, &end, err);
    uint64_t mine = end == 0 || end == BLOCK ? UINT64_MAX : (UINT64_C(1) << end) - 1;
    if (code != FB_OK) {
        return code;
    }
    if (bad && end == 0) {
        size_t at = (size_t)__builtin_ctzll(bad);
        bool control = masks.control >> at & 1;
        return refuse(r, pass, at, control ? "no control character in a string" : "a value", err);
    }
    uint64_t lines = masks.newline & mine;
    if (lines) {
        unsigned last = 63 - (unsigned)__builtin_clzll(lines);
        uint64_t more = r->line + (uint64_t)__builtin_popcountll(lines);
        r->line = more < UINT32_MAX ? (uint32_t)more : UINT32_MAX;
        r->line_start = r->base + r->pos + last + 1;
    }
    r->pos += end ? end : count;
    *done = end;
    return FB_OK;
}

/* What turns a block into masks. */
typedef void (*classifier)(const char block[FB_JSON_BLOCK], struct fb_json_masks *out);

/* Passes over blocks up to the end of the value. */
ALWAYS enum fb_code pass_with(
    struct fb_json_reader *r, struct pass *pass, classifier classify, struct fb_err *err)
{
    size_t done = 0;
    enum fb_code code = FB_OK;
    while (code == FB_OK && done == 0) {
        char padded[BLOCK];
        struct fb_json_masks masks;
        size_t count = r->end - r->pos;
        if (count >= BLOCK) {
            classify(r->text + r->pos, &masks);
            code = take_masks(r, pass, BLOCK, masks, &done, err);
            continue;
        }
        bool got = false;
        code = fb_json_scan_need(r, count + 1, &got, err);
        if (code != FB_OK || (got && r->end - r->pos >= BLOCK)) {
            continue;
        }
        count = r->end - r->pos;
        if (count == 0) {
            return fb_json_scan_unexpected(
                r, 0, -1, pass->in_string ? "'\"' at the end of a string" : "a bracket", err);
        }
        memset(padded, ' ', sizeof(padded));
        memcpy(padded, r->text + r->pos, count);
        classify(padded, &masks);
        code = take_masks(r, pass, count, masks, &done, err);
    }
    return code;
}

static enum fb_code pass_plain(struct fb_json_reader *r, struct pass *pass, struct fb_err *err)
{
    return pass_with(r, pass, fb_json_classify, err);
}

#if defined(__x86_64__)
AVX2 static enum fb_code pass_avx2(struct fb_json_reader *r, struct pass *pass, struct fb_err *err)
{
    return pass_with(r, pass, classify_avx2, err);
}
#endif

enum fb_code fb_json_pass_rest(struct fb_json_reader *reader, struct fb_err *err)
{
    FB_ASSERT(reader && reader->depth > 0);
    FB_ASSERT(reader->state != FB_JSON_AT_COLON && reader->state != FB_JSON_AT_STOP);
    struct pass pass;
    pass.depth = 1;
    pass.is_array[0] = reader->frames[reader->depth - 1].is_array;
    pass.in_string = pass.escaped = false;
#if defined(__x86_64__)
    enum fb_code code = __builtin_cpu_supports("avx2") ? pass_avx2(reader, &pass, err)
                                                       : pass_plain(reader, &pass, err);
#else
    enum fb_code code = pass_plain(reader, &pass, err);
#endif
    if (code != FB_OK) {
        reader->state = FB_JSON_AT_STOP;
        return code;
    }
    reader->depth--;
    reader->state = FB_JSON_AT_NEXT;
    return FB_OK;
}

enum fb_code fb_json_pass(
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err)
{
    FB_ASSERT(reader && first && first->kind <= FB_JSON_OBJECT);
    bool opens = first->kind == FB_JSON_ARRAY || first->kind == FB_JSON_OBJECT;
    return opens ? fb_json_pass_rest(reader, err) : FB_OK;
}
