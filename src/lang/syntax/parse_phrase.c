#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "lang/syntax/parser.h"

/* A row of phrases.def. */
struct phrase {
    enum fb_phrase_form form;
    const char *relation;
    bool occurs;
    const char *pattern;
};

static const struct phrase phrases[] = {
#define FB_PHRASE(form, relation, occurs, pattern) {FB_PHRASE_##form, #relation, occurs, pattern},
#include "lang/syntax/phrases.def"
};

static const struct {
    const char *relation;
    const char *column;
    const char *words;
} field_words[] = {
#define FB_FIELD_WORDS(relation, column, words) {#relation, #column, words},
#include "lang/syntax/phrases.def"
};

enum {
    PHRASE_COUNT = sizeof(phrases) / sizeof(phrases[0]),
    FIELD_WORDS_COUNT = sizeof(field_words) / sizeof(field_words[0]),
};

/* Takes the next part of a pattern off its front; false at its end. */
static bool next_part(struct fb_str *pattern, struct fb_str *part)
{
    if (pattern->len == 0) {
        return false;
    }
    size_t end = fb_str_find(*pattern, ' ', 0);
    *part = fb_str_sub(*pattern, 0, end);
    *pattern = fb_str_sub(*pattern, end + 1, pattern->len);
    return true;
}

struct fb_fact_field *fb_parse_add_field(
    struct fb_parser *p, struct fb_cond *fact, struct fb_str column)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[fact->relation];
    struct fb_fact_field *field = fb_parse_new(p, sizeof(*field));
    struct fb_fact_field **tail = &fact->fields;
    uint32_t index = 0;
    if (!field) {
        return NULL;
    }
    while (index < relation->arity && !fb_str_eq(relation->columns[index], column)) {
        index++;
    }
    FB_ASSERT(index < relation->arity);
    while (*tail) {
        tail = &(*tail)->next;
    }
    *tail = field;
    field->column = index;
    field->span = fb_parse_now(p)->span;
    return field;
}

/* A part in braces: {column}, {column>=} or {column:you}. */
static bool match_slot(struct fb_parser *p, struct fb_cond *fact, struct fb_str slot)
{
    slot = fb_str_sub(slot, 1, slot.len - 2);
    bool you = fb_str_ends(slot, FB_STR(":you")), least = fb_str_ends(slot, FB_STR(">="));
    slot.len -= you ? strlen(":you") : least ? strlen(">=") : 0;
    struct fb_fact_field *field = fb_parse_add_field(p, fact, slot);
    if (!field) {
        return false;
    }
    field->compare = least ? FB_AT_LEAST : FB_IS;
    if (you) {
        /* The check puts the party in its place. */
        field->value = (struct fb_word){.kind = FB_WORD_VARIABLE, .text = FB_STR("")};
        return true;
    }
    return fb_parse_value(p, &field->value);
}

/* A part with "=": an optional word and the constant that it stands for. */
static bool match_constant(struct fb_parser *p, struct fb_cond *fact, struct fb_str part)
{
    size_t equals = fb_str_find(part, '=', 0), colon = fb_str_find(part, ':', 0);
    struct fb_fact_field *field =
        fb_parse_add_field(p, fact, fb_str_sub(part, equals + 1, colon - equals - 1));
    if (!field) {
        return false;
    }
    field->value = (struct fb_word){
        .kind = FB_WORD_TEXT, .text = fb_str_sub(part, colon + 1, part.len), .span = field->span};
    if (equals > 0) {
        fb_parse_step(p);
    }
    return true;
}

/* The word that a part begins with when written; empty for slots. */
static struct fb_str part_word(struct fb_str part)
{
    return part.ptr[0] == '{' ? FB_STR("") : fb_str_sub(part, 0, fb_str_find(part, '=', 0));
}

static bool word_here(const struct fb_parser *p, struct fb_str word)
{
    const struct fb_token *token = fb_parse_now(p);
    return token->kind == FB_TOKEN_WORD && fb_str_eq(token->text, word);
}

/* "Write: notify TO of TOPIC [ for SUBJECT ].": the sentence, with its parts in capitals. */
static const char *sentence_of(const struct phrase *phrase, char out[FB_ERR_TEXT_MAX])
{
    struct fb_str rest = fb_str_of(phrase->pattern), part;
    size_t n = (size_t)snprintf(out, FB_ERR_TEXT_MAX, "Write:");
    while (next_part(&rest, &part) && n < FB_ERR_TEXT_MAX) {
        bool slot = part.ptr[0] == '{';
        struct fb_str word = slot ? fb_str_sub(part, 1, part.len - 2) : part_word(part);
        bool least = fb_str_ends(word, FB_STR(">="));
        word.len -= least ? strlen(">=") : 0;
        if (word.len == 0 || fb_str_ends(word, FB_STR(":you"))) {
            continue;
        }
        n += (size_t)snprintf(out + n, FB_ERR_TEXT_MAX - n, " ");
        for (size_t i = 0; i < word.len && n + 2 < FB_ERR_TEXT_MAX; i++) {
            char c = word.ptr[i];
            out[n++] = slot && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
            out[n] = '\0';
        }
    }
    if (n + 2 < FB_ERR_TEXT_MAX) {
        (void)snprintf(out + n, FB_ERR_TEXT_MAX - n, ".");
    }
    return out;
}

static bool match_part(
    struct fb_parser *p, const struct phrase *phrase, struct fb_cond *fact, struct fb_str part)
{
    if (part.ptr[0] == '{') {
        return match_slot(p, fact, part);
    }
    if (fb_str_find(part, '=', 0) < part.len) {
        return match_constant(p, fact, part);
    }
    char word[32] = "", hint[FB_ERR_TEXT_MAX];
    FB_ASSERT(part.len < sizeof(word));
    memcpy(word, part.ptr, part.len);
    return fb_parse_expect(p, word, sentence_of(phrase, hint));
}

static bool match(struct fb_parser *p, const struct phrase *phrase, struct fb_cond *fact)
{
    struct fb_str rest = fb_str_of(phrase->pattern), part;
    bool skipping = false;
    while (next_part(&rest, &part)) {
        if (fb_str_is(part, "[")) {
            struct fb_str after = rest, first = {NULL, 0};
            bool some = next_part(&after, &first);
            FB_ASSERT(some);
            skipping = !word_here(p, part_word(first));
        } else if (fb_str_is(part, "]")) {
            skipping = false;
        } else if (!skipping && !match_part(p, phrase, fact, part)) {
            return false;
        }
    }
    return true;
}

/* True when the current tokens begin as the phrase does: by its first word, which may stand behind
 * a value. */
static bool begins(const struct fb_parser *p, const struct phrase *phrase, struct fb_str *verb)
{
    struct fb_str rest = fb_str_of(phrase->pattern), part;
    size_t ahead = 0;
    while (next_part(&rest, &part) && part.ptr[0] == '{') {
        ahead++;
    }
    *verb = part;
    const struct fb_token *token = fb_parse_ahead(p, ahead);
    return token->kind == FB_TOKEN_WORD && fb_str_eq(token->text, part);
}

static bool unknown_phrase(struct fb_parser *p, enum fb_phrase_form form)
{
    static const char *const what[] = {"an act", "an act in -ing", "a state to keep"};
    static const char *const hints[] = {("Known acts are report, notify, publish, deploy, secure, "
                                         "submit safety case, evaluate, and "
                                         "issue KIND, as in: issue audit A of S."),
        ("Known acts are training S, deploying S, evaluating S on TASK and submitting safety case "
         "NAME for S."),
        "Write: keep S secure at level 4."};
    char hint[FB_ERR_TEXT_MAX];
    struct fb_nearest nearest = fb_nearest_to(fb_parse_now(p)->text);
    if (form == FB_PHRASE_ACT && word_here(p, FB_STR("train"))) {
        /* A run that is only planned is on record, too: a sentence would have to say which. */
        return fb_parse_expected(p, what[form], "Write: issue run R of S with state running.");
    }
    for (size_t i = 0; i < PHRASE_COUNT; i++) {
        struct fb_str verb;
        (void)begins(p, &phrases[i], &verb);
        if (phrases[i].form == form && form != FB_PHRASE_KEEP) {
            fb_nearest_offer(&nearest, verb);
        }
    }
    return fb_parse_expected(p, what[form], fb_nearest_hint(&nearest, hints[form], hint));
}

/* `issue KIND X of S with ...`: any record as an act. */
static bool parse_issue(struct fb_parser *p, struct fb_cond **out, struct fb_str *verb)
{
    *verb = fb_parse_now(p)->text;
    fb_parse_step(p);
    if (!fb_parse_fact(p, out)) {
        return false;
    }
    (*out)->occurs = true;
    return true;
}

bool fb_parse_phrase(
    struct fb_parser *p, enum fb_phrase_form form, struct fb_cond **out, struct fb_str *verb)
{
    if ((form == FB_PHRASE_ACT && fb_parse_at(p, "issue")) ||
        (form == FB_PHRASE_GERUND && fb_parse_at(p, "issuing"))) {
        return parse_issue(p, out, verb);
    }
    for (size_t i = 0; i < PHRASE_COUNT; i++) {
        if (phrases[i].form != form || !begins(p, &phrases[i], verb)) {
            continue;
        }
        int relation = fb_policy_relation(phrases[i].relation);
        struct fb_cond *fact = fb_parse_new(p, sizeof(*fact));
        FB_ASSERT(relation >= 0);
        if (!fact) {
            return false;
        }
        *fact = (struct fb_cond){.kind = FB_COND_FACT,
            .span = fb_parse_now(p)->span,
            .relation = (uint32_t)relation,
            .occurs = phrases[i].occurs};
        *out = fact;
        return match(p, &phrases[i], fact);
    }
    return unknown_phrase(p, form);
}

/* Takes the words of a field when they all stand here. */
static bool take_words(struct fb_parser *p, struct fb_str words)
{
    size_t start = p->at;
    struct fb_str word;
    while (next_part(&words, &word)) {
        if (!word_here(p, word)) {
            p->at = start;
            return false;
        }
        fb_parse_step(p);
    }
    return true;
}

bool fb_parse_field_name(struct fb_parser *p, uint32_t relation, uint32_t *column)
{
    const struct fb_relation *known = &fb_policy_signature()->relations[relation];
    for (size_t i = 0; i < FIELD_WORDS_COUNT; i++) {
        if (fb_str_is(known->name, field_words[i].relation) &&
            take_words(p, fb_str_of(field_words[i].words))) {
            int index = fb_policy_column(relation, field_words[i].column);
            FB_ASSERT(index >= 0);
            *column = (uint32_t)index;
            return true;
        }
    }
    for (uint32_t i = 0; i < known->arity; i++) {
        if (word_here(p, known->columns[i])) {
            fb_parse_step(p);
            *column = i;
            return true;
        }
    }
    return false;
}

static bool unknown_field(struct fb_parser *p, const struct fb_relation *relation)
{
    char what[128], hint[FB_ERR_TEXT_MAX], all[FB_ERR_TEXT_MAX];
    struct fb_buf list;
    struct fb_nearest nearest = fb_nearest_to(fb_parse_now(p)->text);
    fb_buf_init(&list, sizeof(all) - 1);
    for (size_t i = 0; i < relation->arity; i++) {
        fb_nearest_offer(&nearest, relation->columns[i]);
        fb_buf_addf(
            &list, "%s%.*s", i ? ", " : "Its fields are ", FB_STR_ARG(relation->columns[i]));
    }
    (void)snprintf(all, sizeof(all), "%.*s.", FB_STR_ARG(fb_buf_str(&list)));
    fb_buf_release(&list);
    (void)snprintf(what, sizeof(what), "a field of '%.*s'", FB_STR_ARG(relation->name));
    return fb_parse_expected(p, what, fb_nearest_hint(&nearest, all, hint));
}

bool fb_parse_fact_field(struct fb_parser *p, struct fb_cond *fact)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[fact->relation];
    struct fb_span span = fb_parse_now(p)->span;
    uint32_t column = 0;
    if (!fb_parse_field_name(p, fact->relation, &column)) {
        return unknown_field(p, relation);
    }
    struct fb_fact_field *field = fb_parse_add_field(p, fact, relation->columns[column]);
    if (!field) {
        return false;
    }
    field->span = span;
    if (!fb_parse_compare(p, &field->compare)) {
        field->compare = FB_IS;
    }
    return fb_parse_value(p, &field->value);
}

/* True when a comma and the name of a field of the fact follow. */
static bool more_fields(struct fb_parser *p, const struct fb_cond *fact)
{
    size_t start = p->at;
    uint32_t column = 0;
    if (!fb_parse_take(p, ",")) {
        return false;
    }
    size_t name = p->at;
    bool more = !fb_parse_at(p, "or") && (fb_parse_field_name(p, fact->relation, &column) ||
                                             fb_parse_now(p)->kind == FB_TOKEN_WORD);
    p->at = more ? name : start;
    return more;
}

static bool has_column(const struct fb_relation *relation, struct fb_str column)
{
    for (size_t i = 0; i < relation->arity; i++) {
        if (fb_str_eq(relation->columns[i], column)) {
            return true;
        }
    }
    return false;
}

/* `of system S` or `of S`, where the fact is about a system. */
static bool fact_subject(struct fb_parser *p, struct fb_cond *fact)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[fact->relation];
    bool is_record = fb_str_is(relation->columns[FB_COLUMN_ID], "id");
    struct fb_str column = is_record ? FB_STR("subject") : FB_STR("system");
    if (fb_parse_at(p, "of") && !has_column(relation, column)) {
        char what[128];
        (void)snprintf(what, sizeof(what), "a fact of kind '%.*s' is about no system",
            FB_STR_ARG(relation->name));
        return fb_parse_fail(
            p, fb_parse_now(p)->span, "Leave 'of' out, with what follows it.", what);
    }
    if (!fb_parse_take(p, "of")) {
        return true;
    }
    if (fb_parse_at(p, "system") && !fb_parse_is_variable(fb_parse_now(p))) {
        fb_parse_step(p);
    }
    struct fb_fact_field *field = fb_parse_add_field(p, fact, column);
    return field && fb_parse_value(p, &field->value);
}

bool fb_parse_fact(struct fb_parser *p, struct fb_cond **out)
{
    const struct fb_signature *signature = fb_policy_signature();
    const struct fb_token *token = fb_parse_now(p);
    uint32_t relation = 0;
    while (relation < signature->count &&
           !fb_str_eq(signature->relations[relation].name, token->text)) {
        relation++;
    }
    if (token->kind != FB_TOKEN_WORD || relation == signature->count) {
        return fb_parse_expected(p, "a kind of record", "Write a kind, as incident or deployment.");
    }
    struct fb_cond *fact = fb_parse_new(p, sizeof(*fact));
    if (!fact) {
        return false;
    }
    *fact = (struct fb_cond){.kind = FB_COND_FACT, .span = token->span, .relation = relation};
    *out = fact;
    fb_parse_step(p);
    struct fb_fact_field *id =
        fb_parse_add_field(p, fact, signature->relations[relation].columns[0]);
    if (!id || !fb_parse_value(p, &id->value) || !fact_subject(p, fact)) {
        return false;
    }
    if (fb_parse_take(p, "with") && !fb_parse_fact_field(p, fact)) {
        return false;
    }
    while (more_fields(p, fact)) {
        if (!fb_parse_fact_field(p, fact)) {
            return false;
        }
    }
    return true;
}
