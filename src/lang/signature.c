#include "lang/signature.h"

#include <pthread.h>

#include "base/assert.h"

/* kinds.def, flat: a line without a field begins a kind. */
struct line {
    const char *kind;
    const char *field;
    const char *type;
};

static const struct line lines[] = {
#define FB_KIND(name, number, subject, text) {#name, NULL, NULL},
#define FB_FIELD(kind, field, type, presence, text) {#kind, #field, #type},
#include "record/kinds.def"
};

static const struct {
    const char *name;
    const char *words;
} enums[] = {
#define FB_ENUM(name, words) {#name, words},
#include "record/kinds.def"
};

enum {
    LINE_COUNT = sizeof(lines) / sizeof(lines[0]),
    ENUM_COUNT = sizeof(enums) / sizeof(enums[0]),
    /* Every line gives at most the four common columns. */
    COLUMN_COUNT = LINE_COUNT * FB_COLUMN_FIRST_FIELD + 96,
    RELATION_COUNT = LINE_COUNT + 12,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct fb_relation relations[RELATION_COUNT];
static struct fb_str column_names[COLUMN_COUNT];
static enum fb_type column_types[COLUMN_COUNT];
static struct fb_domain column_domains[COLUMN_COUNT];
static size_t column_count;
static struct fb_signature signature = {.relations = relations};

static const char redline_words[] = "crossed|not ruled out|ruled out|out of scope";
static const char order_words[] = "halt|restrict|secure";
static const char pace_words[] = "fast|normal|slow";
static const char standing_words[] = "stands|fallen|submitted|sent_back";
static const char grant_words[] = "requested|not_begun|granted|expired|refused|revoked";
static const char honoured_words[] = "unused|full|partial|refused";
static const char case_words[] = "in|undercut|falsified|undecided";

static void add_relation(const char *name)
{
    FB_ASSERT(signature.count < RELATION_COUNT);
    relations[signature.count++] = (struct fb_relation){.name = fb_str_of(name),
        .columns = column_names + column_count,
        .types = column_types + column_count};
}

static void add_column(const char *name, struct fb_domain domain)
{
    FB_ASSERT(column_count < COLUMN_COUNT && signature.count > 0);
    column_names[column_count] = fb_str_of(name);
    column_types[column_count] = domain.type;
    column_domains[column_count] = domain;
    column_count++;
    relations[signature.count - 1].arity++;
}

static const char *enum_words(struct fb_str name)
{
    const char *words = NULL;
    for (size_t i = 0; i < ENUM_COUNT; i++) {
        words = fb_str_is(name, enums[i].name) ? enums[i].words : words;
    }
    FB_ASSERT(words);
    return words;
}

static const char *kind_named(struct fb_str name)
{
    const char *kind = NULL;
    for (size_t i = 0; i < LINE_COUNT; i++) {
        kind = fb_str_is(name, lines[i].kind) ? lines[i].kind : kind;
    }
    FB_ASSERT(kind);
    return kind;
}

static void add_field(const struct line *line)
{
    struct fb_domain domain = {.type = FB_TYPE_STRING};
    struct fb_str type = fb_str_of(line->type);
    size_t open = fb_str_find(type, '(', 0);
    struct fb_str inside = fb_str_sub(type, open + 1, open < type.len ? type.len - open - 2 : 0);
    if (fb_str_is(type, "STRINGS") || fb_str_is(type, "TREE") ||
        fb_str_starts(type, FB_STR("REFS("))) {
        return;
    }
    if (fb_str_is(type, "INT")) {
        domain.type = FB_TYPE_INT;
    } else if (fb_str_is(type, "NUMBER")) {
        domain.type = FB_TYPE_FLOAT;
        domain.unit = fb_str_ends(fb_str_of(line->field), FB_STR("_flop")) ? "FLOP" : NULL;
    } else if (fb_str_is(type, "FLAG")) {
        domain.type = FB_TYPE_BOOL;
    } else if (fb_str_is(type, "TIME") || fb_str_is(type, "INSTANT")) {
        domain.type = FB_TYPE_TIME;
    } else if (fb_str_starts(type, FB_STR("REF("))) {
        domain.ref = kind_named(inside);
    } else if (fb_str_starts(type, FB_STR("ENUM("))) {
        domain.words = enum_words(inside);
    }
    add_column(line->field, domain);
}

/* An order while nobody has released it. */
static void add_order_in_force(void)
{
    add_relation("order_in_force");
    add_column("id", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "order"});
    add_column("subject", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "system"});
    add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    add_column("action", (struct fb_domain){.type = FB_TYPE_STRING, .words = order_words});
    add_column("party", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("level", (struct fb_domain){.type = FB_TYPE_INT});
}

/* What a decision excuses from, while it holds. */
static void add_waiver_in_force(void)
{
    add_relation("waiver_in_force");
    add_column("id", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "decision"});
    add_column("subject", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "system"});
    add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    add_column("party", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("rule", (struct fb_domain){.type = FB_TYPE_STRING});
    add_column("about", (struct fb_domain){.type = FB_TYPE_STRING});
}

/* How fast a quantity grows, as was known then. */
static void add_growth(void)
{
    add_relation("growth");
    add_column("id", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "progress"});
    add_column("subject", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "system"});
    add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    add_column("series", (struct fb_domain){.type = FB_TYPE_STRING});
    add_column("pace", (struct fb_domain){.type = FB_TYPE_STRING, .words = pace_words});
    add_column("doubling_days", (struct fb_domain){.type = FB_TYPE_FLOAT});
    add_column("low_days", (struct fb_domain){.type = FB_TYPE_FLOAT});
    add_column("high_days", (struct fb_domain){.type = FB_TYPE_FLOAT});
}

/* What a safety case is worth now, from its acceptance and its top claim. */
static void add_case_standing(void)
{
    add_relation("case_standing");
    add_column("name", (struct fb_domain){.type = FB_TYPE_STRING});
    add_column("system", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "system"});
    add_column("standing", (struct fb_domain){.type = FB_TYPE_STRING, .words = standing_words});
}

/* A grant of access: how far it is, and how far it was honoured, by its worst use. */
static void add_grant_standing(void)
{
    add_relation("grant_standing");
    add_column("id", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "grant"});
    add_column("subject", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "system"});
    add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    add_column("party", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("form",
        (struct fb_domain){.type = FB_TYPE_STRING, .words = enum_words(FB_STR("access_form"))});
    add_column("standing", (struct fb_domain){.type = FB_TYPE_STRING, .words = grant_words});
    add_column("honoured", (struct fb_domain){.type = FB_TYPE_STRING, .words = honoured_words});
    add_column("uses", (struct fb_domain){.type = FB_TYPE_INT});
    add_column("shortfalls", (struct fb_domain){.type = FB_TYPE_INT});
}

/* The highest level of a standard that somebody else shows of a system; its id is that of the audit
 * or measure that shows it. */
static void add_level_held(void)
{
    add_relation("level_held");
    add_column("id", (struct fb_domain){.type = FB_TYPE_STRING});
    add_column("subject", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "system"});
    add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    add_column("standard", (struct fb_domain){.type = FB_TYPE_STRING});
    add_column("level", (struct fb_domain){.type = FB_TYPE_INT});
    add_column("valid_until", (struct fb_domain){.type = FB_TYPE_TIME});
}

/* How much of its original's training compute a modification used; its id is that of the modified
 * system. What is not bounded above has no value. */
static void add_share_of_original(void)
{
    const struct fb_domain flop = {.type = FB_TYPE_FLOAT, .unit = "FLOP"};
    const struct fb_domain system = {.type = FB_TYPE_STRING, .ref = "system"};
    add_relation("share_of_original");
    add_column("id", system);
    add_column("subject", system);
    add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    add_column("original", system);
    add_column("developer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("own", (struct fb_domain){.type = FB_TYPE_BOOL});
    add_column("derivation",
        (struct fb_domain){.type = FB_TYPE_STRING, .words = enum_words(FB_STR("derivation"))});
    add_column("low_share", (struct fb_domain){.type = FB_TYPE_FLOAT});
    add_column("high_share", (struct fb_domain){.type = FB_TYPE_FLOAT});
    add_column("low_flop", flop);
    add_column("high_flop", flop);
    add_column("original_low_flop", flop);
    add_column("original_high_flop", flop);
}

/* A report that its recipient had before it was admitted: all that the report says, then when. */
static void add_report_received(void)
{
    add_relation("report_received");
    add_column("id", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "report"});
    add_column("subject", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "system"});
    add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
    add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    for (size_t i = 0; i < LINE_COUNT; i++) {
        if (lines[i].field && fb_str_is(fb_str_of(lines[i].kind), "report")) {
            add_field(&lines[i]);
        }
    }
    add_column("received", (struct fb_domain){.type = FB_TYPE_TIME});
    add_column("admitted", (struct fb_domain){.type = FB_TYPE_TIME});
}

/* The pace that a policy with a pace block has. */
static void add_pace(void)
{
    add_relation("pace");
    add_column("policy", (struct fb_domain){.type = FB_TYPE_STRING});
    add_column("level", (struct fb_domain){.type = FB_TYPE_STRING, .words = pace_words});
}

static void build(void)
{
    const struct fb_domain text = {.type = FB_TYPE_STRING};
    const struct fb_domain system = {.type = FB_TYPE_STRING, .ref = "system"};
    for (size_t i = 0; i < LINE_COUNT; i++) {
        if (lines[i].field) {
            add_field(&lines[i]);
            continue;
        }
        add_relation(lines[i].kind);
        add_column("id", (struct fb_domain){.type = FB_TYPE_STRING, .ref = lines[i].kind});
        add_column("subject", system);
        add_column("issuer", (struct fb_domain){.type = FB_TYPE_STRING, .ref = "party"});
        add_column("at", (struct fb_domain){.type = FB_TYPE_TIME});
    }
    add_relation("redline");
    add_column("rule", text);
    add_column("system", system);
    add_column("status", (struct fb_domain){.type = FB_TYPE_STRING, .words = redline_words});
    add_relation("case_status");
    add_column("name", text);
    add_column("system", system);
    add_column("status", (struct fb_domain){.type = FB_TYPE_STRING, .words = case_words});
    add_order_in_force();
    add_waiver_in_force();
    add_growth();
    add_pace();
    add_case_standing();
    add_grant_standing();
    add_level_held();
    add_report_received();
    add_share_of_original();
}

const struct fb_signature *fb_policy_signature(void)
{
    int failed = pthread_once(&once, build);
    FB_ASSERT(failed == 0);
    return &signature;
}

int fb_policy_relation(const char *name)
{
    const struct fb_signature *known = fb_policy_signature();
    for (size_t i = 0; i < known->count; i++) {
        if (fb_str_is(known->relations[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

int fb_policy_column(uint32_t relation, const char *column)
{
    const struct fb_signature *known = fb_policy_signature();
    FB_ASSERT(relation < known->count);
    for (size_t i = 0; i < known->relations[relation].arity; i++) {
        if (fb_str_is(known->relations[relation].columns[i], column)) {
            return (int)i;
        }
    }
    return -1;
}

const struct fb_domain *fb_policy_domain(uint32_t relation, uint32_t column)
{
    const struct fb_signature *known = fb_policy_signature();
    FB_ASSERT(relation < known->count && column < known->relations[relation].arity);
    return column_domains + (known->relations[relation].types - column_types) + column;
}

bool fb_words_next(struct fb_str *words, struct fb_str *word)
{
    if (words->len == 0) {
        return false;
    }
    size_t end = fb_str_find(*words, '|', 0);
    *word = fb_str_sub(*words, 0, end);
    *words = fb_str_sub(*words, end + 1, words->len);
    return true;
}

bool fb_words_have(const char *words, struct fb_str word)
{
    struct fb_str rest = fb_str_of(words), known;
    while (fb_words_next(&rest, &known)) {
        if (fb_str_eq(known, word)) {
            return true;
        }
    }
    return false;
}

struct fb_str fb_policy_id(
    const struct fb_domain *domain, struct fb_str text, struct fb_arena *arena)
{
    if (domain && domain->ref && fb_str_find(text, '/', 0) == text.len) {
        return fb_arena_printf(arena, "%s/%.*s", domain->ref, FB_STR_ARG(text));
    }
    return fb_arena_printf(arena, "%.*s", FB_STR_ARG(text));
}
