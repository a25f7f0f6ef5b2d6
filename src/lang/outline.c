/* outline.c: the names of a policy, for editors. */
#include "lang/outline.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/map.h"
#include "lang/syntax/parser.h"

static const struct fb_keyword keywords[] = {
#define FB_KEYWORD(word, where, text) {word, where, text},
#include "lang/words.def"
};

const struct fb_keyword *fb_keywords(size_t *out_count)
{
    FB_ASSERT(out_count);
    *out_count = sizeof(keywords) / sizeof(keywords[0]);
    return keywords;
}

const struct fb_keyword *fb_keyword_find(struct fb_str word, struct fb_str block)
{
    const struct fb_keyword *found = NULL;
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (!fb_str_is(word, keywords[i].word)) {
            continue;
        }
        const char *where = keywords[i].where;
        if (fb_str_is(block, strcmp(where, "expect") == 0 ? "test" : where)) {
            return &keywords[i];
        }
        found = found ? found : &keywords[i];
    }
    return found;
}

/* ---- reading ---- */

/* The work on one text. */
struct reading {
    struct fb_str text;
    struct fb_arena *arena;
    struct fb_outline *out;
    struct fb_map names;     /* of blocks, to symbols */
    struct fb_map variables; /* of the current block, likewise */
    struct fb_err *err;
};

/* A block also begins where the parser gave up before: by its word at the left margin. */
static bool begins_block(const struct fb_token *token)
{
    if (token->layout == FB_LAYOUT_ITEM) {
        return !fb_str_is(token->text, "policy");
    }
    const struct fb_keyword *keyword = token->kind == FB_TOKEN_WORD && token->span.column == 1
                                           ? fb_keyword_find(token->text, FB_STR("item"))
                                           : NULL;
    return keyword && strcmp(keyword->where, "item") == 0 && strcmp(keyword->word, "policy") != 0;
}

static bool is_sign(const struct fb_token *token, const char *text)
{
    return token->kind == FB_TOKEN_SIGN && fb_str_is(token->text, text);
}

/* The next token that is no comment. */
static size_t next_of(const struct fb_outline *out, size_t at)
{
    do {
        at++;
    } while (at + 1 < out->token_count && out->tokens[at].kind == FB_TOKEN_COMMENT);
    return at < out->token_count ? at : out->token_count - 1;
}

/* The line of the text that a slice of it begins in. */
static struct fb_str line_of(struct fb_str text, struct fb_str part)
{
    FB_ASSERT(part.ptr >= text.ptr && part.ptr <= text.ptr + text.len);
    const char *end = memchr(part.ptr, '\n', (size_t)(text.ptr + text.len - part.ptr));
    end = end ? end : text.ptr + text.len;
    return (struct fb_str){part.ptr, (size_t)(end - part.ptr)};
}

static enum fb_symbol_kind kind_of(struct fb_str word)
{
    static const struct {
        const char *word;
        enum fb_symbol_kind kind;
    } kinds[] = {{"let", FB_SYMBOL_LET}, {"redline", FB_SYMBOL_REDLINE}, {"duty", FB_SYMBOL_DUTY},
        {"commitment", FB_SYMBOL_COMMITMENT}, {"test", FB_SYMBOL_TEST}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (fb_str_is(word, kinds[i].word)) {
            return kinds[i].kind;
        }
    }
    return FB_SYMBOL_OTHER;
}

/* Names of blocks, before anything mentions them. */
static bool read_blocks(struct reading *r)
{
    struct fb_outline *out = r->out;
    struct fb_symbol *open = NULL;
    size_t block = 0;
    for (size_t i = 0; i < out->token_count; i++) {
        const struct fb_token *token = &out->tokens[i];
        bool begins = begins_block(token);
        if (token->kind != FB_TOKEN_COMMENT && token->kind != FB_TOKEN_END && open && !begins) {
            open->end = token->span;
        }
        if (!begins) {
            continue;
        }
        const struct fb_token *name = &out->tokens[next_of(out, i)];
        enum fb_symbol_kind kind = kind_of(token->text);
        open = NULL;
        block++;
        if (name->kind != (kind == FB_SYMBOL_TEST ? FB_TOKEN_STRING : FB_TOKEN_WORD)) {
            continue;
        }
        open = &out->symbols[out->symbol_count];
        *open = (struct fb_symbol){.kind = kind,
            .name = name->text,
            .span = name->span,
            .begin = token->span,
            .end = name->span,
            .head = line_of(r->text, token->text),
            .block = block};
        out->symbol_count++;
        if (kind != FB_SYMBOL_TEST && !fb_map_get(&r->names, name->text) &&
            fb_map_put(&r->names, name->text, open, r->err) != FB_OK) {
            return false;
        }
    }
    return true;
}

static void mention(struct reading *r, struct fb_span span, const struct fb_symbol *symbol)
{
    r->out->mentions[r->out->mention_count++] =
        (struct fb_mention){span, (size_t)(symbol - r->out->symbols)};
}

static bool mention_variable(struct reading *r, const struct fb_token *token, size_t block)
{
    struct fb_symbol *known = fb_map_get(&r->variables, token->text);
    if (!known) {
        known = &r->out->symbols[r->out->symbol_count++];
        *known = (struct fb_symbol){.kind = FB_SYMBOL_VARIABLE,
            .name = token->text,
            .span = token->span,
            .begin = token->span,
            .end = token->span,
            .head = line_of(r->text, token->text),
            .block = block};
        if (fb_map_put(&r->variables, token->text, known, r->err) != FB_OK) {
            return false;
        }
    }
    mention(r, token->span, known);
    return true;
}

/* A name is mentioned where "(" or "." follows; a variable wherever it stands. */
static bool read_mentions(struct reading *r)
{
    struct fb_outline *out = r->out;
    size_t block = 0;
    for (size_t i = 0; i < out->token_count; i++) {
        const struct fb_token *token = &out->tokens[i];
        if (begins_block(token)) {
            block++;
            fb_map_release(&r->variables);
            fb_map_init(&r->variables);
        }
        if (token->kind != FB_TOKEN_WORD) {
            continue;
        }
        bool unit = i > 0 && out->tokens[i - 1].kind == FB_TOKEN_NUMBER; /* as FLOP */
        if (unit) {
            continue;
        }
        if (fb_parse_is_variable(token)) {
            if (!mention_variable(r, token, block)) {
                return false;
            }
            continue;
        }
        const struct fb_token *next = &out->tokens[next_of(out, i)];
        const struct fb_symbol *known = fb_map_get(&r->names, token->text);
        if (known && (is_sign(next, "(") || is_sign(next, "."))) {
            mention(r, token->span, known);
        }
    }
    return true;
}

static enum fb_code read_all(struct reading *r, struct fb_err *err)
{
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    struct fb_complaints complaints = {.name = "policy", .errors = errors};
    struct fb_tokens tokens = {NULL, 0};
    struct fb_policy_tree *tree = NULL;
    struct fb_outline *out = r->out;
    bool good = errors && fb_lex(r->text, r->arena, &complaints, &tokens);
    if (good && tokens.count > 0) {
        fb_parse(tokens, r->arena, &complaints, &tree);
        out->tokens = tokens.items;
        out->token_count = tokens.count;
        out->symbols = FB_ARENA_ARRAY(r->arena, struct fb_symbol, tokens.count + 1);
        out->mentions = FB_ARENA_ARRAY(r->arena, struct fb_mention, tokens.count + 1);
        good = tree && out->symbols && out->mentions && read_blocks(r) && read_mentions(r);
    }
    fb_free(errors);
    return good ? FB_OK : fb_err_set(err, FB_E_NOMEM, "memory ran out");
}

enum fb_code fb_outline_read(
    struct fb_str text, struct fb_arena *arena, struct fb_outline *out, struct fb_err *err)
{
    FB_ASSERT(arena && out);
    struct reading r = {.text = text, .arena = arena, .out = out, .err = err};
    size_t bad_at;
    *out = (struct fb_outline){0};
    if (text.len > FB_POLICY_TEXT_MAX) {
        fb_err_set(err, FB_E_LIMIT, "a policy has at most %d bytes", FB_POLICY_TEXT_MAX);
        return fb_err_hint(err, "Split the policy into several files.");
    }
    if (!fb_str_utf8(text, &bad_at)) {
        return fb_err_set(err, FB_E_UTF8, "the policy is not valid UTF-8");
    }
    fb_map_init(&r.names);
    fb_map_init(&r.variables);
    enum fb_code code = read_all(&r, err);
    fb_map_release(&r.names);
    fb_map_release(&r.variables);
    return code;
}

/* ---- asking ---- */

static bool before(struct fb_span a, uint32_t line, uint32_t column)
{
    return a.line < line || (a.line == line && a.column <= column);
}

struct fb_outline_place fb_outline_at(
    const struct fb_outline *outline, uint32_t line, uint32_t column)
{
    FB_ASSERT(outline);
    struct fb_outline_place place = {.symbol = SIZE_MAX, .block = FB_STR("policy")};
    bool alone = true;
    for (size_t i = 0; i < outline->token_count; i++) {
        const struct fb_token *token = &outline->tokens[i];
        if (token->kind == FB_TOKEN_END || !before(token->span, line, column)) {
            break;
        }
        if (begins_block(token)) {
            place.block = token->text;
            place.block_number++;
        }
        bool under = token->span.line == line && column <= token->span.column + token->span.length;
        if (under && token->kind == FB_TOKEN_WORD) {
            place.word = token->text;
            place.span = token->span;
            place.begins_line = token->first;
        }
        alone = token->span.line != line;
    }
    place.begins_line = place.begins_line || alone;
    for (size_t i = 0; place.word.len && i < outline->mention_count; i++) {
        const struct fb_mention *m = &outline->mentions[i];
        if (m->span.line == place.span.line && m->span.column == place.span.column) {
            place.symbol = m->symbol;
        }
    }
    return place;
}

enum fb_code fb_outline_can_rename(
    const struct fb_outline *outline, size_t symbol, struct fb_str name, struct fb_err *err)
{
    FB_ASSERT(outline && symbol < outline->symbol_count);
    const struct fb_symbol *self = &outline->symbols[symbol];
    bool variable = self->kind == FB_SYMBOL_VARIABLE;
    bool good = name.len > 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool upper = c >= 'A' && c <= 'Z';
        bool lower = c >= 'a' && c <= 'z';
        bool later = i > 0 && ((c >= '0' && c <= '9') || c == '_');
        good = good && (i == 0 ? (variable ? upper : lower) : upper || lower || later);
    }
    if (!good) {
        fb_err_set(err, FB_E_POLICY, "'%.*s' is no name of a %s", FB_STR_ARG(name),
            variable ? "variable" : "rule");
        return fb_err_hint(err, variable ? "Begin it with a capital letter, as S or System."
                                         : "Begin it with a small letter, as initial_report.");
    }
    if (!variable && fb_keyword_find(name, FB_STR("item"))) {
        fb_err_set(err, FB_E_POLICY, "'%.*s' is a word of the language", FB_STR_ARG(name));
        return fb_err_hint(err, "Choose another name.");
    }
    for (size_t i = 0; i < outline->symbol_count; i++) {
        const struct fb_symbol *other = &outline->symbols[i];
        bool near = variable ? other->kind == FB_SYMBOL_VARIABLE && other->block == self->block
                             : other->kind < FB_SYMBOL_TEST;
        if (i != symbol && near && fb_str_eq(other->name, name)) {
            fb_err_set(err, FB_E_POLICY, "'%.*s' is taken, at line %u", FB_STR_ARG(name),
                other->span.line);
            return fb_err_hint(err, "Choose another name.");
        }
    }
    return FB_OK;
}
