/*
 * fb_case_random.h: random cases with everything that the native format has: shared parts, every
 * kind of support, context, away elements, contracts, modules, defeaters of elements, relations and
 * challenges, live evidence, residual doubts, bounds, costs, bindings; and, when asked for, texts
 * that formats stumble over and keys of others.
 */
#ifndef FB_CASE_RANDOM_H
#define FB_CASE_RANDOM_H

#include "fb_case.h"

/* What a random case has beside goals, strategies, solutions and contexts; flags. */
enum { RANDOM_COUNTERS = 1, RANDOM_MODULES = 2, RANDOM_TEXTS = 4, RANDOM_DOUBTS = 8 };

enum {
    RANDOM_GOALS = 12,
    RANDOM_LEAVES = 10,
    RANDOM_CONTEXTS = 4,
    RANDOM_COUNTER_COUNT = 6,
    RANDOM_PREDICATES = 32, /* leaves ask p0 .. p31 */
    RANDOM_ACCEPTANCE = 24, /* acceptances ask from here on */
};

/* What pN comes to: y, n or m; a capital is stale, * holds and is doubtful. */
static char random_answers[RANDOM_PREDICATES + 1];

static inline enum fb_code random_query(void *ctx, struct fb_str predicate, struct fb_arena *memory,
    struct fb_evidence *out, struct fb_err *error)
{
    uint64_t n = 0;
    (void)ctx, (void)memory;
    struct fb_str digits = fb_str_sub(predicate, 1, fb_str_find(predicate, ';', 0) - 1);
    if (!fb_str_u64(digits, &n) || n >= RANDOM_PREDICATES) {
        return fb_err_set(error, FB_E_SYNTAX, "cannot read '%.*s'", FB_STR_ARG(predicate));
    }
    char c = random_answers[n];
    out->health = c == 'y' || c == 'Y' || c == '*' ? FB_EVIDENCE_HOLDS
                  : c == 'n' || c == 'N'           ? FB_EVIDENCE_FAILS
                                                   : FB_EVIDENCE_UNKNOWN;
    out->is_stale = c == 'Y' || c == 'N';
    out->is_doubtful = c == '*';
    return FB_OK;
}

/* Texts that formats stumble over, as they stand within double quotes of YAML. */
static inline void random_text(struct fb_buf *out, const char *key, bool hard)
{
    static const char *const TEXTS[] = {"plain", "true", "1.50", "a: b", "- c", "#d", "\\\"q\\\"",
        "it's", "<x a=\\\"b\\\">&amp;", "two\\nlines", "\\ttab", "{defeater}", "^C1: x", "(u)",
        "end {x, y}", "\\u00e9\\u4e2d\\U0001F600", "null", "~", "[1, 2]", "{a: b}", "% @ ` | >",
        "a -> b", "...", "---", "x\\u0085y", "\\u2028", "", " ", "\\u0627\\u0644 \\u05d0",
        "e\\u0301\\u200d\\u202e", "]]>", "--", "\\\\", "${x} {y}", "\\n\\n", " both ", "LONG"};
    const char *text = hard ? TEXTS[chance(sizeof(TEXTS) / sizeof(TEXTS[0]))] : "words";
    fb_buf_addf(out, "%s: \"", key);
    if (text[0] == 'L' && text[1] == 'O') {
        for (uint32_t i = 0, n = 500 + chance(2500); i < n; i++) {
            fb_buf_add_c(out, "\\u00e9 x");
        }
    } else {
        fb_buf_add_c(out, text);
    }
    fb_buf_add_char(out, '"');
}

/* Keys of ours and of others, of every form. */
static inline void random_keys(struct fb_buf *out)
{
    static const char *const KEYS[] = {"classes: [a, b]", "rankIncrement: 2",
        "x-note: {a: [1, '1'], \"\\u4e2d\": {b: c}}", "public: true", "cost: 1.50",
        "hazards: [h1, h2]", "mitigations: m", "outcomes: ['o \"1\"']", "redlines: p/r",
        "layer2: 'null'", "empty: ''", "none: null", "list: []", "map: {}", "choice: false",
        "url: 'http://a/b?c=d&e#f'", "uninstantiated: true", "\"odd key\": {\"\": 1}",
        "deep: [[[a], []], {b: [{c: d}]}]"};
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        if (chance(8) == 0) {
            fb_buf_addf(out, ", %s", KEYS[i]);
        }
    }
}

static inline void random_rest(struct fb_buf *out, uint32_t flags)
{
    if (flags & RANDOM_MODULES && chance(3) == 0) {
        fb_buf_addf(out, ", inModule: %s", chance(2) ? "A" : "B");
    }
    if (flags & RANDOM_TEXTS) {
        random_keys(out);
    }
    fb_buf_add_c(out, "}\n");
}

/* One goal or strategy; what supports it has a higher number. */
static inline void random_goal(struct fb_buf *out, uint32_t g, uint32_t flags)
{
    uint32_t count = 0;
    fb_buf_addf(out, "%s%u: {", g % 4 == 1 ? "S" : "G", g);
    random_text(out, "text", flags & RANDOM_TEXTS);
    fb_buf_add_c(out, ", supportedBy: [");
    for (uint32_t to = g + 1; to < RANDOM_GOALS; to++) {
        if (to == g + 1 || chance(5) == 0) {
            fb_buf_addf(out, "%s%u, ", to % 4 == 1 ? "S" : "G", to);
            count++;
        }
    }
    uint32_t first = chance(RANDOM_LEAVES), leaves = 1 + chance(2);
    for (uint32_t i = 0; i < leaves; i++, count++) {
        fb_buf_addf(out, "Sn%u, ", (first + i) % RANDOM_LEAVES);
    }
    if (flags & RANDOM_MODULES && g % 4 == 2 && g + 1 < RANDOM_GOALS) {
        fb_buf_addf(out, "G%u9, ", g);
        count++;
    }
    fb_buf_add_c(out, "]");
    uint32_t how = chance(4);
    if (how == 1) {
        fb_buf_add_c(out, ", support: any");
    } else if (how == 2) {
        fb_buf_addf(out, ", support: %u of %u", 1 + chance(count), count);
    }
    fb_buf_addf(out, ", inContextOf: [C%u, A%u]", chance(RANDOM_CONTEXTS), chance(RANDOM_CONTEXTS));
    if (count > 1 && chance(5) == 0) {
        fb_buf_addf(out, ", independent: p%u", chance(RANDOM_LEAVES));
    }
    fb_buf_add_c(out, chance(5) == 0 ? ", exhaustive: true" : "");
    fb_buf_add_c(out, flags & RANDOM_MODULES && chance(6) == 0 ? ", symbol: contract" : "");
    fb_buf_add_c(out, flags & RANDOM_MODULES && chance(6) == 0 ? ", byContract: true" : "");
    if (flags & RANDOM_TEXTS && chance(4) == 0) {
        fb_buf_addf(out, ", acp: {\"a \\\"1\\\"\": C0, b: [Sn%u, %s%u]}, optional: Sn%u", first,
            g % 4 == 1 ? "S" : "G", g, first);
    }
    random_rest(out, flags);
    /* An away element, that repeats a goal of a higher number. */
    if (flags & RANDOM_MODULES && g % 4 == 2 && g + 1 < RANDOM_GOALS) {
        uint32_t to = g + 1 + chance(RANDOM_GOALS - g - 1);
        to += to % 4 == 1 ? 1 : 0;
        fb_buf_addf(out, "G%u9: {text: away, away: %s", g, chance(2) ? "A" : "B");
        if (to < RANDOM_GOALS) {
            fb_buf_addf(out, ", repeats: G%u", to);
        }
        random_rest(out, flags & ~(uint32_t)RANDOM_TEXTS);
    }
}

static inline void random_leaf(struct fb_buf *out, uint32_t i, uint32_t flags)
{
    fb_buf_addf(out, "Sn%u: {", i);
    random_text(out, "text", flags & RANDOM_TEXTS);
    if (chance(4)) {
        fb_buf_addf(out, ", evidence: p%u%s", i,
            flags & RANDOM_TEXTS && chance(3) == 0 ? "; within 3 days" : "");
    }
    if (chance(2)) {
        fb_buf_addf(out, ", confidence: [0.%u, 0.9%u]", 50 + chance(40), chance(10));
    }
    if (flags & RANDOM_DOUBTS && chance(4) == 0) {
        fb_buf_addf(out, ", accepted: {by: Jo D., until: 2027-0%u-01%s%s}", 1 + chance(9),
            chance(2) ? ", because: \"small: \\u00e9\"" : "", chance(3) ? "" : ", evidence: p24");
    }
    random_rest(out, flags);
}

/* A counter goal or solution. Those it rests on, and in part those it challenges, are counters too;
 * circles of challenges come about. */
static inline void random_counter(struct fb_buf *out, uint32_t i, uint32_t flags)
{
    fb_buf_addf(out, "%s%u: {", i % 3 ? "CSn" : "CG", i);
    random_text(out, "text", flags & RANDOM_TEXTS);
    uint32_t other = (i + 1 + chance(RANDOM_COUNTER_COUNT - 1)) % RANDOM_COUNTER_COUNT;
    uint32_t goal = chance(RANDOM_GOALS - 1);
    const char *name = goal % 4 == 1 ? "S" : "G", *next = (goal + 1) % 4 == 1 ? "S" : "G";
    fb_buf_add_c(out, ", challenges: ");
    switch (chance(6)) {
    case 0:
        fb_buf_addf(out, "%s%u", name, goal);
        break;
    case 1:
        fb_buf_addf(out, "[Sn%u, %s%u]", chance(RANDOM_LEAVES), name, goal);
        break;
    case 2:
        fb_buf_addf(out, "%s%u", other % 3 ? "CSn" : "CG", other);
        break;
    case 3:
        fb_buf_addf(out, "'%s%u -> %s%u'", name, goal, next, goal + 1);
        break;
    case 4:
        fb_buf_addf(out, "[%s%u, '%s%u -> %s%u']", name, goal, name, goal, next, goal + 1);
        break;
    default:
        fb_buf_addf(out, "C%u", chance(RANDOM_CONTEXTS));
        break;
    }
    if (i % 3 == 0 && chance(2)) {
        fb_buf_addf(out, ", supportedBy: [CSn%u]", RANDOM_COUNTER_COUNT + i);
    } else if (chance(3)) {
        fb_buf_addf(out, ", evidence: p%u", RANDOM_LEAVES + i);
    }
    random_rest(out, flags);
    if (i % 3 == 0) {
        fb_buf_addf(out, "CSn%u: {evidence: p%u, challenges: CSn1}\n", RANDOM_COUNTER_COUNT + i,
            RANDOM_LEAVES + i);
    }
}

/* The text of a case. The top is G0, unless a counter that stands apart comes first. */
static inline void random_case(struct fb_buf *out, uint32_t flags)
{
    if (flags & RANDOM_MODULES) {
        fb_buf_add_c(out, "module: {name: M, parts: {A: {brief: a}, B: {x: [1]}}, ");
        random_text(out, "brief", flags & RANDOM_TEXTS);
        fb_buf_add_c(out, ", stylesheets: [a.css], other: 7}\n");
    }
    for (uint32_t g = 0; g < RANDOM_GOALS; g++) {
        random_goal(out, g, flags);
    }
    for (uint32_t i = 0; i < RANDOM_LEAVES; i++) {
        random_leaf(out, i, flags);
    }
    for (uint32_t i = 0; i < RANDOM_CONTEXTS; i++) {
        fb_buf_addf(out, "C%u: {", i);
        random_text(out, "text", flags & RANDOM_TEXTS);
        fb_buf_add_c(out, chance(4) == 0 ? ", evidence: p30" : "");
        random_rest(out, flags);
        fb_buf_addf(out, "A%u: {%s", i, chance(3) == 0 ? "confidence: 0.9" : "text: a");
        random_rest(out, flags);
        fb_buf_addf(out, "J%u: {text: j", i);
        random_rest(out, flags);
    }
    for (uint32_t i = 0; flags & RANDOM_COUNTERS && i < RANDOM_COUNTER_COUNT; i++) {
        random_counter(out, i, flags);
    }
    FB_TEST_OK(fb_buf_check(out, "random case", &err));
}

static inline void random_answer_all(const char *letters)
{
    for (size_t i = 0; i < RANDOM_PREDICATES; i++) {
        random_answers[i] = letters[chance((uint32_t)strlen(letters))];
    }
}

#endif
