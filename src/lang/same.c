#include "lang/same.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "lang/read.h"
#include "lang/signature.h"
#include "lang/syntax/parser.h"

/* ---- reading the groups ---- */

/* A file of groups being read. */
struct reading {
    struct fb_tokens tokens;
    size_t at;
    struct fb_same *same;
    struct fb_complaints *complaints;
};

static const char *const example = "Write: \"incident report\" = \"incident notification\".";

static const struct fb_token *now(struct reading *r)
{
    while (r->tokens.items[r->at].kind == FB_TOKEN_COMMENT) {
        r->at++;
    }
    return &r->tokens.items[r->at];
}

static bool is_sign(const struct fb_token *token, const char *sign)
{
    return token->kind == FB_TOKEN_SIGN && fb_str_is(token->text, sign);
}

/* Takes one word of the group that begins with the word `first`. */
static bool take_word(struct reading *r, size_t first)
{
    const struct fb_token *token = now(r);
    bool is_name = token->kind == FB_TOKEN_WORD && !fb_parse_is_variable(token);
    struct fb_same *same = r->same;
    if ((!is_name && token->kind != FB_TOKEN_STRING) || token->text.len == 0) {
        fb_complain(r->complaints, FB_E_SYNTAX, token->span, example,
            "expected a text in double quotes or the name of a rule, found %s%.*s%s",
            token->kind == FB_TOKEN_END ? "the end of the file" : "'", FB_STR_ARG(token->text),
            token->kind == FB_TOKEN_END ? "" : "'");
        return false;
    }
    if (same->count == FB_SAME_WORDS_MAX) {
        fb_complain(r->complaints, FB_E_LIMIT, token->span, "Split the file.",
            "a file says of at most %d words which are the same", FB_SAME_WORDS_MAX);
        return false;
    }
    if (same->count > first && same->words[first].is_name != is_name) {
        fb_complain(r->complaints, FB_E_POLICY, token->span,
            "Put texts in double quotes, and names of rules not.",
            "a text and the name of a rule cannot be the same");
    }
    same->words[same->count++] = (struct fb_same_word){
        .text = token->text, .is_name = is_name, .span = token->span, .first = first};
    r->at++;
    return true;
}

/* One group; after an error goes on at the next line. */
static void read_group(struct reading *r)
{
    const size_t first = r->same->count;
    const struct fb_span begin = now(r)->span;
    bool good = take_word(r, first);
    while (good && is_sign(now(r), "=")) {
        r->at++;
        good = take_word(r, first);
    }
    const struct fb_token *next = now(r);
    if (good && next->kind != FB_TOKEN_END && !next->first) {
        fb_complain(r->complaints, FB_E_SYNTAX, next->span, example,
            "expected '=' or the next line, found '%.*s'", FB_STR_ARG(next->text));
        good = false;
    } else if (good && r->same->count == first + 1) {
        fb_complain(r->complaints, FB_E_POLICY, begin, example,
            "'%.*s' is the same as nothing else", FB_STR_ARG(r->same->words[first].text));
    }
    while (!good && now(r)->kind != FB_TOKEN_END) {
        r->at++;
        good = now(r)->first;
    }
}

static int order_words(const void *a, const void *b)
{
    const struct fb_same_word *x = *(struct fb_same_word *const *)a;
    const struct fb_same_word *y = *(struct fb_same_word *const *)b;
    int order = fb_str_cmp(x->text, y->text);
    order = order ? order : (int)x->is_name - (int)y->is_name;
    return order ? order : (x > y) - (x < y);
}

/* Sorts the words; one that stands twice is in no one group. */
static bool sort_words(struct reading *r, struct fb_arena *arena)
{
    struct fb_same *same = r->same;
    same->sorted = FB_ARENA_ARRAY(arena, struct fb_same_word *, same->count + 1);
    if (!same->sorted) {
        return false;
    }
    for (size_t i = 0; i < same->count; i++) {
        same->sorted[i] = &same->words[i];
    }
    qsort(same->sorted, same->count, sizeof(same->sorted[0]), order_words);
    for (size_t i = 1; i < same->count; i++) {
        const struct fb_same_word *a = same->sorted[i - 1], *b = same->sorted[i];
        if (fb_str_eq(a->text, b->text) && a->is_name == b->is_name) {
            fb_complain(r->complaints, FB_E_POLICY, b->span,
                "Join the two groups, or take the word out of one.",
                "'%.*s' stands in a group already, at line %u", FB_STR_ARG(b->text), a->span.line);
        }
    }
    return true;
}

static void check_bytes(struct fb_str text, struct fb_complaints *complaints)
{
    static const struct fb_span top = {1, 1, 0};
    size_t bad_at = 0;
    if (text.len > FB_SAME_TEXT_MAX) {
        fb_complain(complaints, FB_E_LIMIT, top, "Split the file.",
            "a file of words that are the same has at most %d bytes, found %zu", FB_SAME_TEXT_MAX,
            text.len);
    } else if (!fb_str_utf8(text, &bad_at)) {
        fb_complain(complaints, FB_E_UTF8, fb_span_of(text, bad_at), "Save the file as UTF-8 text.",
            "the file is not valid UTF-8");
    }
}

enum fb_code fb_same_read(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_same *out, struct fb_policy_errors *errors)
{
    struct fb_complaints complaints = {.name = name, .errors = errors};
    struct fb_same same = {.name = name};
    struct reading r = {.same = &same, .complaints = &complaints};
    FB_ASSERT(arena && out && errors);
    errors->count = 0;
    check_bytes(text, &complaints);
    if (errors->count > 0) {
        return errors->items[0].code;
    }
    bool memory = fb_lex(text, arena, &complaints, &r.tokens);
    if (memory) {
        /* No more words than tokens. */
        same.words = FB_ARENA_ARRAY(arena, struct fb_same_word,
            r.tokens.count < FB_SAME_WORDS_MAX ? r.tokens.count : FB_SAME_WORDS_MAX);
        memory = same.words != NULL;
    }
    while (memory && now(&r)->kind != FB_TOKEN_END && !fb_complaints_full(&complaints)) {
        read_group(&r);
    }
    memory = memory && sort_words(&r, arena);
    if (!memory) {
        errors->count = 1;
        fb_err_init(&errors->items[0]);
        return fb_arena_failed(arena, &errors->items[0]);
    }
    if (errors->count == 0) {
        *out = same;
    }
    return errors->count ? errors->items[0].code : FB_OK;
}

/* ---- translating ---- */

static struct fb_same_word *find(const struct fb_same *same, struct fb_str text, bool is_name)
{
    size_t low = 0, high = same->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct fb_same_word *word = same->sorted[middle];
        int order = fb_str_cmp(word->text, text);
        order = order ? order : (int)word->is_name - (int)is_name;
        if (order == 0) {
            return word;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* Where a walk over the tokens of a policy is. */
struct place {
    const struct fb_token *before; /* the token before, comments aside; NULL: none */
    bool exempt;                   /* in an exemption ... */
    bool from;                     /* ... in its clause `from` */
    bool series;                   /* among the quantities of a pace */
};

static bool is_word(const struct fb_token *token, const char *word)
{
    return token && token->kind == FB_TOKEN_WORD && fb_str_is(token->text, word);
}

/* A text that nothing is decided by: the title of something, where it comes from. */
static bool is_title(const struct place *place)
{
    static const char *const words[] = {"policy", "title", "source", "test", "because", "from"};
    bool is = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        is = is || is_word(place->before, words[i]);
    }
    return is;
}

static bool names_column(const struct fb_token *token)
{
    const struct fb_signature *signature = fb_policy_signature();
    for (uint32_t i = 0; token && token->kind == FB_TOKEN_WORD && i < signature->count; i++) {
        for (size_t k = 0; k < signature->relations[i].arity; k++) {
            if (fb_str_eq(signature->relations[i].columns[k], token->text)) {
                return true;
            }
        }
    }
    return false;
}

/* The word of a group that a token says; NULL: none. */
static struct fb_same_word *said(const struct fb_same *same, const struct place *place,
    const struct fb_token *token, const struct fb_token *next)
{
    if (token->kind == FB_TOKEN_STRING) {
        return is_title(place) ? NULL : find(same, token->text, false);
    }
    if (token->kind != FB_TOKEN_WORD) {
        return NULL;
    }
    if (is_sign(next, "(") || is_sign(next, ".") || place->from) {
        return find(same, token->text, true);
    }
    struct fb_same_word *word = find(same, token->text, false);
    return word && (place->series || names_column(place->before)) ? word : NULL;
}

static void move(struct place *place, const struct fb_token *token)
{
    if (token->layout == FB_LAYOUT_ITEM) {
        place->exempt = is_word(token, "exempt");
    }
    if (token->layout == FB_LAYOUT_ITEM || token->layout == FB_LAYOUT_CLAUSE) {
        place->from = place->exempt && is_word(token, "from");
        place->series = false;
    }
    /* `doubling time of A, B < 5 months` */
    if (is_word(token, "of") && is_word(place->before, "time")) {
        place->series = true;
    } else if (token->kind == FB_TOKEN_SIGN && !is_sign(token, ",")) {
        place->series = false;
    }
    place->before = token;
}

/* Appends a policy in the words that stand first. True when any word was another. */
static bool rewrite(
    struct fb_same *same, struct fb_str text, const struct fb_tokens *tokens, struct fb_buf *out)
{
    struct place place = {.before = NULL};
    size_t from = 0;
    bool changed = false;
    for (size_t i = 0; i + 1 < tokens->count; i++) {
        const struct fb_token *token = &tokens->items[i];
        if (token->kind == FB_TOKEN_COMMENT) {
            continue;
        }
        struct fb_same_word *word = said(same, &place, token, token + 1);
        move(&place, token);
        if (!word) {
            continue;
        }
        word->used = true;
        const struct fb_same_word *first = &same->words[word->first];
        size_t quote = token->kind == FB_TOKEN_STRING ? 1 : 0;
        size_t at = (size_t)(token->text.ptr - text.ptr) - quote;
        if (first != word) {
            const char *mark = first->is_name ? "" : "\"";
            fb_buf_add_str(out, fb_str_sub(text, from, at - from));
            fb_buf_addf(out, "%s%.*s%s", mark, FB_STR_ARG(first->text), mark);
            from = at + token->text.len + 2 * quote;
            changed = true;
        }
    }
    fb_buf_add_str(out, fb_str_sub(text, from, text.len - from));
    return changed;
}

/* Two rules of one policy that a group says are one cannot both have its name. */
static bool check_rules(const struct fb_same *same, const struct fb_policy_tree *tree,
    struct fb_arena *arena, struct fb_complaints *complaints)
{
    const struct fb_item **seen = FB_ARENA_ARRAY(arena, const struct fb_item *, same->count + 1);
    for (const struct fb_item *item = tree->items; item && seen; item = item->next) {
        const struct fb_same_word *word = find(same, item->name, true);
        if (!word) {
            continue;
        }
        if (seen[word->first]) {
            char hint[FB_ERR_TEXT_MAX];
            (void)snprintf(hint, sizeof(hint), "Take one of them out of %s, line %u.", same->name,
                word->span.line);
            fb_complain(complaints, FB_E_POLICY, item->span, hint,
                "'%.*s' and '%.*s' are two rules here, and are said to be the same",
                FB_STR_ARG(seen[word->first]->name), FB_STR_ARG(item->name));
        }
        seen[word->first] = item;
    }
    return seen != NULL;
}

/* What was translated is a policy, too: a word of a list may not be exchanged for any text. */
static enum fb_code check_result(const struct fb_same *same, struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_policy_errors *errors)
{
    struct fb_program *ignored = NULL;
    enum fb_code code = fb_policy_compile(text, name, arena, &ignored, errors);
    for (size_t i = 0; i < errors->count; i++) {
        fb_err_prefix(&errors->items[i], "in the words of '%s'", same->name);
    }
    return code;
}

enum fb_code fb_same_translate(struct fb_same *same, struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_str *out, struct fb_policy_errors *errors)
{
    struct fb_complaints complaints = {.name = name, .errors = errors};
    struct fb_policy_parts parts;
    struct fb_buf changed;
    struct fb_str result = text;
    FB_ASSERT(same && arena && out && errors);
    enum fb_code code = fb_policy_read(text, name, arena, &parts, errors);
    if (code != FB_OK) {
        return code;
    }
    fb_buf_init(&changed, FB_POLICY_TEXT_MAX);
    bool memory = check_rules(same, parts.tree, arena, &complaints);
    code = errors->count ? errors->items[0].code : FB_OK;
    if (memory && code == FB_OK && rewrite(same, text, &parts.tokens, &changed)) {
        struct fb_err *err = &errors->items[0];
        fb_err_init(err);
        code = fb_buf_check(&changed, "the policy in other words", err);
        code = code ? code : fb_arena_str(arena, fb_buf_str(&changed), &result, err);
        errors->count = code != FB_OK;
        code = code ? code : check_result(same, result, name, arena, errors);
    } else if (!memory) {
        errors->count = 1;
        fb_err_init(&errors->items[0]);
        code = fb_arena_failed(arena, &errors->items[0]);
    }
    fb_buf_release(&changed);
    if (code == FB_OK) {
        *out = result;
    }
    return code;
}
