/* lsp_answer.c: what the language server says about a policy. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "cli/lsp_private.h"
#include "lang/check/check.h"
#include "lang/explain.h"
#include "lang/syntax/parser.h"

enum {
    TEXT_MAX = 1 << 22,
    ARENA_MAX = 1 << 28,
    /* CompletionItemKind and SymbolKind of the protocol. */
    ITEM_FUNCTION = 3,
    ITEM_FIELD = 5,
    ITEM_VARIABLE = 6,
    ITEM_CLASS = 7,
    ITEM_KEYWORD = 14,
    SYMBOL_CLASS = 5,
    SYMBOL_FUNCTION = 12,
    SYMBOL_EVENT = 24,
    SYMBOL_METHOD = 6,
    SYMBOL_OBJECT = 19,
    SEVERITY_ERROR = 1,
    SEVERITY_WARNING = 2,
};

static const struct fb_symbol *symbol_at(
    const struct fb_lsp_request *r, struct fb_outline_place *place)
{
    *place = fb_outline_at(&r->document->outline, r->place.line, r->place.column);
    return place->symbol == SIZE_MAX ? NULL : &r->document->outline.symbols[place->symbol];
}

static void write_range(const struct fb_lsp_request *r, struct fb_span from, struct fb_span to)
{
    fb_lsp_range(r->lsp, r->document, from, to, r->w);
}

/* ---- capabilities ---- */

void fb_lsp_capabilities(const struct fb_lsp *lsp, struct fb_json_writer *w)
{
    static const char *const providers[] = {"hoverProvider", "definitionProvider",
        "referencesProvider", "documentHighlightProvider", "documentSymbolProvider",
        "codeActionProvider", "documentFormattingProvider"};
    FB_ASSERT(lsp && w);
    fb_json_open_object(w);
    fb_json_key_c(w, "positionEncoding", lsp->utf8 ? "utf-8" : "utf-16");
    fb_json_key(w, "textDocumentSync");
    fb_json_open_object(w);
    fb_json_key_bool(w, "openClose", true);
    fb_json_key_int(w, "change", 2); /* by ranges */
    fb_json_close_object(w);
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
        fb_json_key_bool(w, providers[i], true);
    }
    fb_json_key(w, "renameProvider");
    fb_json_open_object(w);
    fb_json_key_bool(w, "prepareProvider", true);
    fb_json_close_object(w);
    fb_json_key(w, "completionProvider");
    fb_json_open_object(w);
    fb_json_close_object(w);
    fb_json_close_object(w);
}

/* ---- diagnostics ---- */

/* The token that an error points at, or one column. */
static struct fb_span span_of(const struct fb_lsp_document *document, const struct fb_err *found)
{
    struct fb_span span = {found->line ? found->line : 1, found->column ? found->column : 1, 1};
    for (size_t i = 0; i < document->outline.token_count; i++) {
        const struct fb_span *token = &document->outline.tokens[i].span;
        if (token->line == span.line && token->column == span.column && token->length) {
            span.length = token->length;
        }
    }
    return span;
}

static void write_diagnostics(const struct fb_lsp *lsp, const struct fb_lsp_document *document,
    const struct fb_policy_errors *found, int severity, struct fb_json_writer *w)
{
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < found->count; i++) {
        const struct fb_err *e = &found->items[i];
        struct fb_span span = span_of(document, e);
        fb_buf_clear(&text);
        fb_buf_addf(&text, "%s%s%s", e->message, e->hint[0] ? "\n" : "", e->hint);
        fb_json_open_object(w);
        fb_json_key(w, "range");
        fb_lsp_range(lsp, document, span, span, w);
        fb_json_key_int(w, "severity", severity);
        fb_json_key_c(w, "source", "flyball");
        if (severity == SEVERITY_ERROR) {
            fb_json_key_c(w, "code", fb_code_name(e->code));
        }
        fb_json_key_str(w, "message", fb_buf_str(&text));
        fb_json_close_object(w);
    }
    fb_buf_release(&text);
}

void fb_lsp_diagnostics(
    const struct fb_lsp *lsp, const struct fb_lsp_document *document, struct fb_json_writer *w)
{
    FB_ASSERT(lsp && document && w);
    fb_json_open_array(w);
    write_diagnostics(lsp, document, document->errors, SEVERITY_ERROR, w);
    write_diagnostics(lsp, document, document->notes, SEVERITY_WARNING, w);
    fb_json_close_array(w);
}

/* "Did you mean 'X'?" as an edit. */
static void write_repair(const struct fb_lsp_request *r, const struct fb_err *found)
{
    static const char begin[] = "Did you mean '";
    const char *word = strstr(found->hint, begin);
    const char *end = word ? strchr(word + sizeof(begin) - 1, '\'') : NULL;
    struct fb_span span = span_of(r->document, found);
    if (!end) {
        return;
    }
    word += sizeof(begin) - 1;
    struct fb_str better = {word, (size_t)(end - word)};
    struct fb_buf title;
    fb_buf_init(&title, TEXT_MAX);
    fb_buf_addf(&title, "Change to '%.*s'", FB_STR_ARG(better));
    fb_json_open_object(r->w);
    fb_json_key_str(r->w, "title", fb_buf_str(&title));
    fb_json_key_c(r->w, "kind", "quickfix");
    fb_json_key(r->w, "edit");
    fb_json_open_object(r->w);
    fb_json_key(r->w, "changes");
    fb_json_open_object(r->w);
    fb_json_key(r->w, r->document->uri);
    fb_json_open_array(r->w);
    fb_json_open_object(r->w);
    fb_json_key(r->w, "range");
    write_range(r, span, span);
    fb_json_key_str(r->w, "newText", better);
    fb_json_close_object(r->w);
    fb_json_close_array(r->w);
    fb_json_close_object(r->w);
    fb_json_close_object(r->w);
    fb_json_close_object(r->w);
    fb_buf_release(&title);
}

static enum fb_code code_action(const struct fb_lsp_request *r, struct fb_err *err)
{
    const struct fb_json *range = fb_json_get(r->params, "range");
    size_t from = fb_lsp_offset(r->lsp, r->document, fb_json_get(range, "start"));
    size_t to = fb_lsp_offset(r->lsp, r->document, fb_json_get(range, "end"));
    (void)err;
    fb_json_open_array(r->w);
    for (size_t i = 0; i < r->document->errors->count; i++) {
        const struct fb_err *found = &r->document->errors->items[i];
        struct fb_span span = span_of(r->document, found);
        size_t line = span.line <= r->document->line_count ? span.line : r->document->line_count;
        size_t at = r->document->lines[line - 1] + span.column - 1;
        if (at <= to && from <= at + span.length) {
            write_repair(r, found);
        }
    }
    fb_json_close_array(r->w);
    return FB_OK;
}

/* ---- hover ---- */

/* Appends what a rule says, in English; nothing when the policy does not check. */
static bool explain_symbol(
    const struct fb_lsp_document *document, const struct fb_symbol *symbol, struct fb_buf *out)
{
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    struct fb_complaints complaints = {.name = document->uri, .errors = errors};
    struct fb_tokens tokens = {NULL, 0};
    struct fb_policy_tree *tree = NULL;
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    bool memory = errors && fb_lex(fb_buf_str(&document->text), &arena, &complaints, &tokens);
    if (memory && document->errors->count == 0 && tokens.count > 0) {
        fb_parse(tokens, &arena, &complaints, &tree);
        memory = tree && fb_check(tree, &arena, &complaints);
    }
    bool good = memory && tree && errors->count == 0;
    for (const struct fb_item *item = good ? tree->items : NULL; item; item = item->next) {
        if (item->span.line == symbol->span.line && item->span.column == symbol->span.column) {
            fb_buf_add_c(out, "\n\n");
            fb_explain_item(item, out);
        }
    }
    fb_arena_release(&arena);
    fb_free(errors);
    return memory;
}

static void describe_relation(uint32_t number, struct fb_buf *out)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[number];
    fb_buf_addf(out, "A record of kind **%.*s**. Fields:", FB_STR_ARG(relation->name));
    for (size_t i = 0; i < relation->arity; i++) {
        fb_buf_addf(out, "%s `%.*s` (%s)", i ? "," : "", FB_STR_ARG(relation->columns[i]),
            fb_type_name(relation->types[i]));
    }
    fb_buf_add_char(out, '.');
}

static int relation_of(struct fb_str word)
{
    const struct fb_signature *signature = fb_policy_signature();
    for (size_t i = 0; i < signature->count; i++) {
        if (fb_str_eq(signature->relations[i].name, word)) {
            return (int)i;
        }
    }
    return -1;
}

/* What is known of the word under the cursor, in Markdown. */
static bool describe(const struct fb_lsp_request *r, const struct fb_symbol *symbol,
    const struct fb_outline_place *place, struct fb_buf *out)
{
    const struct fb_keyword *keyword = fb_keyword_find(place->word, place->block);
    int relation = relation_of(place->word);
    if (symbol && symbol->kind == FB_SYMBOL_VARIABLE) {
        fb_buf_addf(out, "**%.*s**: a variable of this rule, first named at line %u",
            FB_STR_ARG(symbol->name), symbol->span.line);
    } else if (symbol) {
        fb_buf_addf(out, "```flyball\n%.*s\n```", FB_STR_ARG(symbol->head));
        return explain_symbol(r->document, symbol, out);
    } else if (relation >= 0 && !place->begins_line) {
        describe_relation((uint32_t)relation, out);
    } else if (keyword) {
        fb_buf_addf(out, "**%s**: %s", keyword->word, keyword->text);
    }
    return true;
}

static enum fb_code hover(const struct fb_lsp_request *r, struct fb_err *err)
{
    struct fb_outline_place place;
    const struct fb_symbol *symbol = symbol_at(r, &place);
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    bool memory = describe(r, symbol, &place, &text);
    if (memory && text.len) {
        fb_json_open_object(r->w);
        fb_json_key(r->w, "contents");
        fb_json_open_object(r->w);
        fb_json_key_c(r->w, "kind", "markdown");
        fb_json_key_str(r->w, "value", fb_buf_str(&text));
        fb_json_close_object(r->w);
        fb_json_key(r->w, "range");
        write_range(r, place.span, place.span);
        fb_json_close_object(r->w);
    } else if (memory) {
        fb_json_null(r->w);
    }
    fb_buf_release(&text);
    return memory ? FB_OK : fb_err_set(err, FB_E_NOMEM, "memory ran out");
}

/* ---- names ---- */

static void write_location(const struct fb_lsp_request *r, struct fb_span span)
{
    fb_json_open_object(r->w);
    fb_json_key_c(r->w, "uri", r->document->uri);
    fb_json_key(r->w, "range");
    write_range(r, span, span);
    fb_json_close_object(r->w);
}

static enum fb_code definition(const struct fb_lsp_request *r, struct fb_err *err)
{
    struct fb_outline_place place;
    const struct fb_symbol *symbol = symbol_at(r, &place);
    (void)err;
    if (symbol) {
        write_location(r, symbol->span);
    } else {
        fb_json_null(r->w);
    }
    return FB_OK;
}

static enum fb_code references(const struct fb_lsp_request *r, struct fb_err *err)
{
    struct fb_outline_place place;
    const struct fb_symbol *symbol = symbol_at(r, &place);
    const struct fb_outline *outline = &r->document->outline;
    const struct fb_json *context = fb_json_get(r->params, "context");
    const struct fb_json *wanted = fb_json_get(context, "includeDeclaration");
    bool all = !wanted || wanted->kind != FB_JSON_FALSE;
    (void)err;
    fb_json_open_array(r->w);
    for (size_t i = 0; symbol && i < outline->mention_count; i++) {
        const struct fb_mention *m = &outline->mentions[i];
        bool defines = m->span.line == symbol->span.line && m->span.column == symbol->span.column;
        if (m->symbol == place.symbol && (all || !defines)) {
            write_location(r, m->span);
        }
    }
    fb_json_close_array(r->w);
    return FB_OK;
}

static enum fb_code highlight(const struct fb_lsp_request *r, struct fb_err *err)
{
    struct fb_outline_place place;
    const struct fb_symbol *symbol = symbol_at(r, &place);
    const struct fb_outline *outline = &r->document->outline;
    (void)err;
    fb_json_open_array(r->w);
    for (size_t i = 0; symbol && i < outline->mention_count; i++) {
        if (outline->mentions[i].symbol == place.symbol) {
            fb_json_open_object(r->w);
            fb_json_key(r->w, "range");
            write_range(r, outline->mentions[i].span, outline->mentions[i].span);
            fb_json_close_object(r->w);
        }
    }
    fb_json_close_array(r->w);
    return FB_OK;
}

static enum fb_code document_symbols(const struct fb_lsp_request *r, struct fb_err *err)
{
    static const int kinds[] = {[FB_SYMBOL_LET] = SYMBOL_FUNCTION,
        [FB_SYMBOL_REDLINE] = SYMBOL_EVENT,
        [FB_SYMBOL_DUTY] = SYMBOL_CLASS,
        [FB_SYMBOL_COMMITMENT] = SYMBOL_CLASS,
        [FB_SYMBOL_OTHER] = SYMBOL_OBJECT,
        [FB_SYMBOL_TEST] = SYMBOL_METHOD};
    const struct fb_outline *outline = &r->document->outline;
    (void)err;
    fb_json_open_array(r->w);
    for (size_t i = 0; i < outline->symbol_count; i++) {
        const struct fb_symbol *symbol = &outline->symbols[i];
        if (symbol->kind == FB_SYMBOL_VARIABLE) {
            continue;
        }
        fb_json_open_object(r->w);
        fb_json_key_str(r->w, "name", symbol->name.len ? symbol->name : FB_STR("(no name)"));
        fb_json_key_str(r->w, "detail", fb_str_trim(symbol->head));
        fb_json_key_int(r->w, "kind", kinds[symbol->kind]);
        fb_json_key(r->w, "range");
        write_range(r, symbol->begin, symbol->end);
        fb_json_key(r->w, "selectionRange");
        write_range(r, symbol->span, symbol->span);
        fb_json_close_object(r->w);
    }
    fb_json_close_array(r->w);
    return FB_OK;
}

static enum fb_code prepare_rename(const struct fb_lsp_request *r, struct fb_err *err)
{
    struct fb_outline_place place;
    const struct fb_symbol *symbol = symbol_at(r, &place);
    if (!symbol) {
        fb_err_set(err, FB_E_NOT_FOUND, "no name of this policy stands here");
        return fb_err_hint(err, "Point at a definition, a rule or a variable.");
    }
    write_range(r, place.span, place.span);
    return FB_OK;
}

static enum fb_code rename_symbol(const struct fb_lsp_request *r, struct fb_err *err)
{
    struct fb_outline_place place;
    const struct fb_symbol *symbol = symbol_at(r, &place);
    const struct fb_outline *outline = &r->document->outline;
    struct fb_str name = fb_json_get_str(r->params, "newName");
    if (!symbol) {
        return fb_err_set(err, FB_E_NOT_FOUND, "no name of this policy stands here");
    }
    enum fb_code code = fb_outline_can_rename(outline, place.symbol, name, err);
    if (code) {
        return code;
    }
    fb_json_open_object(r->w);
    fb_json_key(r->w, "changes");
    fb_json_open_object(r->w);
    fb_json_key(r->w, r->document->uri);
    fb_json_open_array(r->w);
    for (size_t i = 0; i < outline->mention_count; i++) {
        if (outline->mentions[i].symbol == place.symbol) {
            fb_json_open_object(r->w);
            fb_json_key(r->w, "range");
            write_range(r, outline->mentions[i].span, outline->mentions[i].span);
            fb_json_key_str(r->w, "newText", name);
            fb_json_close_object(r->w);
        }
    }
    fb_json_close_array(r->w);
    fb_json_close_object(r->w);
    fb_json_close_object(r->w);
    return FB_OK;
}

/* ---- formatting ---- */

static enum fb_code formatting(const struct fb_lsp_request *r, struct fb_err *err)
{
    const struct fb_lsp_document *document = r->document;
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    struct fb_buf text;
    if (!errors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_buf_init(&text, FB_POLICY_TEXT_MAX * 2);
    enum fb_code code = fb_policy_format(fb_buf_str(&document->text), document->uri, &text, errors);
    if (code) {
        *err = errors->items[0];
        fb_err_prefix(err, "line %u", err->line);
    } else {
        struct fb_span begin = {1, 1, 0};
        struct fb_span end = {(uint32_t)document->line_count, 1,
            (uint32_t)(document->text.len - document->lines[document->line_count - 1])};
        fb_json_open_array(r->w);
        if (!fb_str_eq(fb_buf_str(&text), fb_buf_str(&document->text))) {
            fb_json_open_object(r->w);
            fb_json_key(r->w, "range");
            write_range(r, begin, end);
            fb_json_key_str(r->w, "newText", fb_buf_str(&text));
            fb_json_close_object(r->w);
        }
        fb_json_close_array(r->w);
    }
    fb_buf_release(&text);
    fb_free(errors);
    return code;
}

/* ---- completion ---- */

static void offer(const struct fb_lsp_request *r, struct fb_str label, int kind,
    struct fb_str detail, const char *text)
{
    fb_json_open_object(r->w);
    fb_json_key_str(r->w, "label", label);
    fb_json_key_int(r->w, "kind", kind);
    if (detail.len) {
        fb_json_key_str(r->w, "detail", fb_str_trim(detail));
    }
    if (text) {
        fb_json_key_c(r->w, "documentation", text);
    }
    fb_json_close_object(r->w);
}

static void offer_keywords(const struct fb_lsp_request *r, struct fb_str where)
{
    size_t count;
    const struct fb_keyword *all = fb_keywords(&count);
    for (size_t i = 0; i < count; i++) {
        if (fb_str_is(where, all[i].where)) {
            offer(r, fb_str_of(all[i].word), ITEM_KEYWORD, FB_STR(""), all[i].text);
        }
    }
}

/* Names that may stand in a condition here; in a test also those of duties. */
static void offer_names(const struct fb_lsp_request *r, const struct fb_outline_place *place)
{
    const struct fb_outline *outline = &r->document->outline;
    bool test = fb_str_is(place->block, "test");
    for (size_t i = 0; i < outline->symbol_count; i++) {
        const struct fb_symbol *symbol = &outline->symbols[i];
        if (symbol->kind == FB_SYMBOL_VARIABLE) {
            if (symbol->block == place->block_number) {
                offer(r, symbol->name, ITEM_VARIABLE, FB_STR(""), NULL);
            }
        } else if (symbol->kind == FB_SYMBOL_LET || symbol->kind == FB_SYMBOL_REDLINE ||
                   (test && symbol->kind != FB_SYMBOL_TEST)) {
            offer(r, symbol->name, ITEM_FUNCTION, symbol->head, NULL);
        }
    }
}

/* Kinds of record; and the fields of the last one named before on the line. */
static void offer_records(const struct fb_lsp_request *r)
{
    const struct fb_signature *signature = fb_policy_signature();
    const struct fb_outline *outline = &r->document->outline;
    int last = -1;
    for (size_t i = 0; i < outline->token_count; i++) {
        const struct fb_token *token = &outline->tokens[i];
        if (token->span.line == r->place.line && token->span.column < r->place.column) {
            int relation = relation_of(token->text);
            last = relation >= 0 ? relation : last;
        }
    }
    for (size_t i = 0; i < signature->count; i++) {
        offer(r, signature->relations[i].name, ITEM_CLASS, FB_STR("record"), NULL);
    }
    const struct fb_relation *relation = last < 0 ? NULL : &signature->relations[last];
    for (size_t i = 0; relation && i < relation->arity; i++) {
        offer(r, relation->columns[i], ITEM_FIELD, relation->name, NULL);
    }
}

static enum fb_code completion(const struct fb_lsp_request *r, struct fb_err *err)
{
    struct fb_outline_place place =
        fb_outline_at(&r->document->outline, r->place.line, r->place.column);
    (void)err;
    bool test = fb_str_is(place.block, "test");
    fb_json_open_array(r->w);
    if (place.begins_line) {
        offer_keywords(r, place.block);
        offer_keywords(r, FB_STR("item"));
    }
    if (!place.begins_line) {
        offer_records(r);
        offer_keywords(r, FB_STR("any"));
    }
    /* A further expectation begins a line, too. */
    if (!place.begins_line || test) {
        offer_names(r, &place);
    }
    if (test) {
        offer_keywords(r, FB_STR("expect"));
    }
    fb_json_close_array(r->w);
    return FB_OK;
}

fb_lsp_answer fb_lsp_answer_to(struct fb_str method)
{
    static const struct {
        const char *method;
        fb_lsp_answer answer;
    } answers[] = {{"textDocument/hover", hover}, {"textDocument/definition", definition},
        {"textDocument/references", references}, {"textDocument/documentHighlight", highlight},
        {"textDocument/documentSymbol", document_symbols},
        {"textDocument/prepareRename", prepare_rename}, {"textDocument/rename", rename_symbol},
        {"textDocument/formatting", formatting}, {"textDocument/codeAction", code_action},
        {"textDocument/completion", completion}};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (fb_str_is(method, answers[i].method)) {
            return answers[i].answer;
        }
    }
    return NULL;
}
