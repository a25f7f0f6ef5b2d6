#include "lang/syntax/print.h"

#include "base/assert.h"

enum { LINE_MAX_COLUMNS = 100, CLAUSE_INDENT = 2, ITEM_INDENT = 4 };

/* Where the printer is. */
struct printer {
    const struct fb_tokens *tokens;
    struct fb_buf *out;
    size_t column;      /**< of the next byte, from 0; bytes, not characters */
    size_t indent;      /**< of further lines of the clause */
    size_t hang;        /**< added to it where a line does not fit */
    size_t head;        /**< tokens of a keyword still to come, this one included */
    size_t fill;        /**< column up to which the keyword is filled */
    bool comment_ended; /**< a comment ends the line, so the next token begins one */
    const struct fb_token *last;
};

static void put(struct printer *printer, struct fb_str text)
{
    fb_buf_add_str(printer->out, text);
    printer->column += text.len;
}

static void put_blanks(struct printer *printer, size_t up_to)
{
    while (printer->column < up_to) {
        put(printer, FB_STR(" "));
    }
}

static void new_line(struct printer *printer, size_t indent)
{
    if (printer->last) {
        fb_buf_add_char(printer->out, '\n');
    }
    printer->column = 0;
    printer->comment_ended = false;
    put_blanks(printer, indent);
}

static void empty_line(struct printer *printer)
{
    if (printer->last) {
        fb_buf_add_char(printer->out, '\n');
    }
}

static size_t width(const struct fb_token *token)
{
    return token->text.len + (token->kind == FB_TOKEN_STRING ? 2 : 0);
}

/* Columns that the tokens from this one up to the next comma or line need. */
static size_t run_width(const struct printer *printer, size_t at)
{
    const struct fb_token *items = printer->tokens->items;
    size_t sum = width(&items[at]);
    for (size_t i = at + 1; i < printer->tokens->count; i++) {
        if (items[i].kind == FB_TOKEN_END || items[i].kind == FB_TOKEN_COMMENT ||
            items[i].layout != FB_LAYOUT_FLOW || sum > LINE_MAX_COLUMNS) {
            break;
        }
        sum += width(&items[i]) + (fb_token_spaced(&items[i - 1], &items[i]) ? 1 : 0);
        if (items[i].kind == FB_TOKEN_SIGN && fb_str_is(items[i].text, ",")) {
            break;
        }
    }
    return sum;
}

/* Lines break after a comma when what follows up to the next comma does not fit, and before any
 * token that itself does not fit. */
static bool must_break(const struct printer *printer, size_t at)
{
    const struct fb_token *last = printer->last, *token = &printer->tokens->items[at];
    if (!fb_token_spaced(last, token) || printer->column <= printer->indent + printer->hang) {
        return false;
    }
    bool after_comma = last->kind == FB_TOKEN_SIGN && fb_str_is(last->text, ",");
    size_t need = after_comma ? run_width(printer, at) : width(token);
    return printer->column + 1 + need > LINE_MAX_COLUMNS;
}

static void put_token(struct printer *printer, const struct fb_token *token)
{
    if (token->kind == FB_TOKEN_STRING) {
        put(printer, FB_STR("\""));
        put(printer, token->text);
        put(printer, FB_STR("\""));
    } else {
        put(printer, token->text);
    }
    printer->last = token;
}

static void flow(struct printer *printer, size_t at)
{
    const struct fb_token *token = &printer->tokens->items[at];
    if (printer->comment_ended || must_break(printer, at)) {
        new_line(printer, printer->indent + printer->hang);
    } else if (printer->head == 0 && printer->fill) {
        /* The first token behind a keyword. */
        put(printer, FB_STR(" "));
        put_blanks(printer, printer->fill);
    } else if (fb_token_spaced(printer->last, token)) {
        put(printer, FB_STR(" "));
    }
    if (printer->head == 0) {
        printer->fill = 0;
    }
}

/* A comment on a line of its own stands as far in as what it comes before. */
static size_t comment_indent(const struct printer *printer, size_t at)
{
    const struct fb_token *items = printer->tokens->items;
    while (items[at].kind == FB_TOKEN_COMMENT) {
        at++;
    }
    if (items[at].kind == FB_TOKEN_END || items[at].layout == FB_LAYOUT_ITEM) {
        return 0;
    }
    return items[at].layout == FB_LAYOUT_CLAUSE ? CLAUSE_INDENT : printer->indent;
}

/* True for the first of the comments that belong to the block that follows. */
static bool opens_item(const struct printer *printer, size_t at)
{
    const struct fb_token *items = printer->tokens->items;
    bool alone = true;
    for (; items[at].kind == FB_TOKEN_COMMENT; at++) {
        alone = alone && items[at].first;
    }
    return alone && items[at].layout == FB_LAYOUT_ITEM;
}

static void put_comment(struct printer *printer, size_t at)
{
    const struct fb_token *token = &printer->tokens->items[at];
    bool after_comment =
        printer->last && printer->last->kind == FB_TOKEN_COMMENT && printer->last->first;
    if (token->first) {
        if (token->blank_before || (opens_item(printer, at) && !after_comment)) {
            empty_line(printer);
        }
        new_line(printer, comment_indent(printer, at));
    } else if (printer->last) {
        put(printer, FB_STR("  "));
    }
    put_token(printer, token);
    printer->comment_ended = true;
}

static void put_next(struct printer *printer, size_t at)
{
    const struct fb_token *token = &printer->tokens->items[at];
    bool after_comment =
        printer->last && printer->last->kind == FB_TOKEN_COMMENT && printer->last->first;
    printer->hang = token->layout == FB_LAYOUT_FLOW ? printer->hang : 0;
    switch (token->layout) {
    case FB_LAYOUT_ITEM:
        if (token->blank_before || !after_comment) {
            empty_line(printer);
        }
        new_line(printer, 0);
        printer->indent = ITEM_INDENT;
        printer->head = printer->fill = 0;
        break;
    case FB_LAYOUT_CLAUSE:
        if (token->blank_before) {
            empty_line(printer);
        }
        new_line(printer, CLAUSE_INDENT);
        printer->indent = printer->fill = CLAUSE_INDENT + (size_t)token->width;
        printer->head = token->head;
        break;
    case FB_LAYOUT_LINE:
        new_line(printer, printer->indent);
        printer->head = printer->fill = 0;
        break;
    case FB_LAYOUT_FLOW:
        if (printer->last) {
            flow(printer, at);
        }
        break;
    }
    put_token(printer, token);
    printer->hang = token->hang ? token->hang : printer->hang;
    printer->head -= printer->head > 0;
}

void fb_print_tokens(const struct fb_tokens *tokens, struct fb_buf *out)
{
    struct printer printer = {.tokens = tokens, .out = out};
    FB_ASSERT(tokens->count > 0 && tokens->items[tokens->count - 1].kind == FB_TOKEN_END);
    for (size_t i = 0; i + 1 < tokens->count; i++) {
        if (tokens->items[i].kind == FB_TOKEN_COMMENT) {
            put_comment(&printer, i);
        } else {
            put_next(&printer, i);
        }
    }
    if (printer.last) {
        fb_buf_add_char(out, '\n');
    }
}
