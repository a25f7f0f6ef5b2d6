/* case_text.c: how wide text is, and where its lines break. */
#include <string.h>

#include "base/assert.h"
#include "report/case_layout.h"
#include "report/html.h"

/* Advances of ASCII from the space on in Helvetica, in thousandths of the size, as its font metrics
 * file gives them (Adobe Font Metrics of the base fonts; Arial and Liberation Sans are alike). */
static const uint16_t ASCII[] = {278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278,
    333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722,
    667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556,
    278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500,
    500, 500, 334, 260, 334, 584};

struct range {
    uint32_t from;
    uint32_t to;
};

static bool is_among(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count && ranges[i].from <= code; i++) {
        if (code <= ranges[i].to) {
            return true;
        }
    }
    return false;
}

/* What takes no room of its own: marks that stand on the character before, joiners, selectors. What
 * turns the reading direction is drawn as U+FFFD, so that it is not among these. */
static const struct range NARROW[] = {{0x00AD, 0x00AD}, {0x0300, 0x036F}, {0x0483, 0x0489},
    {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2}, {0x05C4, 0x05C5}, {0x0610, 0x061A},
    {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06E8},
    {0x06EA, 0x06ED}, {0x0711, 0x0711}, {0x0730, 0x074A}, {0x0816, 0x082D}, {0x08D3, 0x08FF},
    {0x0900, 0x0902}, {0x093A, 0x093A}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D},
    {0x0951, 0x0957}, {0x0981, 0x0981}, {0x09BC, 0x09BC}, {0x09C1, 0x09C4}, {0x09CD, 0x09CD},
    {0x0A01, 0x0A02}, {0x0A3C, 0x0A3C}, {0x0A41, 0x0A51}, {0x0B82, 0x0B82}, {0x0BC0, 0x0BC0},
    {0x0BCD, 0x0BCD}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x0EB1, 0x0EB1},
    {0x0EB4, 0x0EBC}, {0x0EC8, 0x0ECD}, {0x102D, 0x1030}, {0x1032, 0x1037}, {0x1039, 0x103A},
    {0x1160, 0x11FF}, {0x17B4, 0x17B5}, {0x17B7, 0x17BD}, {0x17C9, 0x17D3}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x200B, 0x200D}, {0x2060, 0x2065}, {0x206A, 0x206F}, {0x20D0, 0x20FF},
    {0x302A, 0x302F}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    {0x1F3FB, 0x1F3FF}, {0xE0000, 0xE0FFF}};

/* What is about as wide as it is high: the scripts of East Asia, and pictures. */
static const struct range WIDE[] = {{0x1100, 0x115F}, {0x200E, 0x200F}, {0x2014, 0x2015},
    {0x2026, 0x2026}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0x2190, 0x21FF}, {0x2200, 0x27BF},
    {0x2900, 0x2BFF}, {0x2E80, 0xA4CF}, {0xA960, 0xA97F}, {0xAC00, 0xD7FF}, {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F}, {0xFF01, 0xFF60}, {0xFFE0, 0xFFE6}, {0xFFFD, 0xFFFD}, {0x16FE0, 0x18DFF},
    {0x1B000, 0x1B2FF}, {0x1F000, 0x3FFFF}};

/* Of these and of pictures a line may end behind each. */
static const struct range FREE[] = {
    {0x2E80, 0xA4CF}, {0xF900, 0xFAFF}, {0xFF01, 0xFF60}, {0x1F000, 0x3FFFF}};

/* With these no line begins: what closes, and small letters of Japanese. */
static const uint32_t CLOSING[] = {0x2019, 0x201D, 0x2026, 0x3001, 0x3002, 0x3005, 0x3009, 0x300B,
    0x300D, 0x300F, 0x3011, 0x3015, 0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3063, 0x3083, 0x3085,
    0x3087, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9, 0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x30FB, 0x30FC,
    0xFF01, 0xFF09, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF1F, 0xFF3D, 0xFF5D};

/* And with these none ends: what opens. */
static const uint32_t OPENING[] = {
    0x2018, 0x201C, 0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0x3014, 0xFF08, 0xFF3B, 0xFF5B};

#define IS_AMONG(ranges, code) is_among(ranges, sizeof(ranges) / sizeof((ranges)[0]), code)

static bool is_listed(const uint32_t *list, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == code) {
            return true;
        }
    }
    return false;
}

#define IS_LISTED(list, code) is_listed(list, sizeof(list) / sizeof((list)[0]), code)

enum {
    JOINER = 0x200D,
    SPACE_WITHOUT_WIDTH = 0x200B,
    LIGATURE = 0xFDFA, /* whole phrases of Arabic in one character */
    LIGATURE_WIDE = 0xFDFD,
    PICTURES = 0x1F000,
    IDEOGRAPHS = 0x20000,
};

/* One character and its length in bytes; a byte that is none counts as one. */
static uint32_t character(struct fb_str text, size_t at, size_t *len)
{
    uint32_t code = 0xFFFD;
    size_t bytes = fb_html_character(fb_str_sub(text, at, 4), &code);
    *len = bytes ? bytes : 1;
    return code;
}

/* About the advance of a character in 12 pixel Helvetica, or in what stands in for it. */
static double advance(uint32_t code)
{
    enum { SIZE = 12 };
    if (code < 0x20) {
        return SIZE * 0.278;
    }
    if (code < 0x7F) {
        return SIZE * (double)ASCII[code - 0x20] / 1000;
    }
    if (IS_AMONG(NARROW, code)) {
        return 0;
    }
    if (code == LIGATURE || code == LIGATURE_WIDE) {
        return 5.0 * SIZE;
    }
    return code >= PICTURES && code < IDEOGRAPHS ? 1.25 * SIZE
           : IS_AMONG(WIDE, code)                ? SIZE
                                                 : 0.6 * SIZE;
}

double fb_case_text_width(struct fb_str text)
{
    double width = 0;
    for (size_t i = 0, len = 0; i < text.len; i += len) {
        width += advance(character(text, i, &len));
    }
    return width;
}

double fb_case_note_width(struct fb_str text)
{
    enum { SHOWN = 24 };
    double width = fb_case_text_width(fb_str_sub(text, 0, SHOWN)) * 0.84;
    return text.len > SHOWN ? width + 10 : width;
}

static bool is_space(uint32_t code)
{
    return code == ' ' || code == '\n' || code == '\t' || code == '\r' ||
           code == SPACE_WITHOUT_WIDTH || code == 0x3000;
}

/* A line may break after these, when no space comes later. */
static bool is_joint(uint32_t code)
{
    return code == '/' || code == '-' || code == '_' || code == '.' || code == ',' || code == '(' ||
           code == 0xAD;
}

/* Whether a character belongs to the one before: a mark on it, or what a joiner ties to it. */
static bool belongs(uint32_t before, uint32_t code)
{
    return before == JOINER || (code != SPACE_WITHOUT_WIDTH && IS_AMONG(NARROW, code));
}

/* Whether a line may end between two characters without a space, as in Chinese. */
static bool breaks_between(uint32_t before, uint32_t code)
{
    bool is_free = IS_AMONG(FREE, before) || IS_AMONG(FREE, code);
    return is_free && !IS_LISTED(CLOSING, code) && !IS_LISTED(OPENING, before);
}

/* Where a line can end, in bytes from its start; 0: nowhere. */
struct ends {
    size_t word; /* behind a whole word */
    size_t part; /* behind a part of one */
    size_t any;  /* between two characters */
};

/* How many bytes of text, which starts with no space, go on one line: whole words when one fits,
 * else whole parts of a word. */
static size_t line_length(struct fb_str text, double width)
{
    struct ends ends = {0, 0, 0};
    size_t at = 0, len = 0;
    double used = 0;
    uint32_t before = ' ';
    for (; at < text.len && text.ptr[at] != '\n'; at += len) {
        uint32_t code = character(text, at, &len);
        used += advance(code);
        bool apart = at > 0 && !belongs(before, code);
        if (apart && (is_space(code) || (breaks_between(before, code) && !is_space(before)))) {
            ends.word = at;
        } else if (apart && is_joint(before)) {
            ends.part = at;
        }
        if (apart) {
            ends.any = at;
        }
        if (used > width && ends.any > 0) {
            return ends.word ? ends.word : ends.part ? ends.part : ends.any;
        }
        before = code;
    }
    return at;
}

/* Without spaces at either end, those without width too. */
static struct fb_str trim(struct fb_str text)
{
    size_t len = 0;
    text = fb_str_trim(text);
    while (text.len > 0 && is_space(character(text, 0, &len))) {
        text = fb_str_sub(text, len, SIZE_MAX);
    }
    while (text.len >= 3 && is_space(character(text, text.len - 3, &len)) && len == 3) {
        text = fb_str_trim(fb_str_sub(text, 0, text.len - 3));
    }
    return text;
}

void fb_case_wrap(struct fb_str text, double width, struct fb_case_label *label)
{
    FB_ASSERT(width > 20 && label->line_count <= FB_CASE_LABEL_LINES_MAX);
    struct fb_str rest = trim(text);
    while (rest.len > 0) {
        if (label->line_count == FB_CASE_LABEL_LINES_MAX) {
            label->cut = true;
            return;
        }
        size_t len = line_length(rest, width);
        FB_ASSERT(len > 0);
        label->lines[label->line_count++] = trim(fb_str_sub(rest, 0, len));
        rest = trim(fb_str_sub(rest, len, SIZE_MAX));
    }
}
