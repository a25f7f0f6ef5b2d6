#include "lang/syntax/lexer.h"

#include <string.h>

#include "base/assert.h"

/* Where the lexer is. */
struct lexer {
    struct fb_str text;
    size_t at;
    size_t line_start;
    uint32_t line;
    struct fb_complaints *complaints; /* NULL: counting only */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

/* The byte at a place; 0 behind the end. */
static char peek(const struct lexer *lexer, size_t ahead)
{
    return ahead < lexer->text.len - lexer->at ? lexer->text.ptr[lexer->at + ahead] : 0;
}

static size_t digits(const struct lexer *lexer, size_t from)
{
    size_t n = from;
    while (is_digit(peek(lexer, n))) {
        n++;
    }
    return n - from;
}

static void skip_space(struct lexer *lexer, struct fb_token *token)
{
    unsigned lines = 0;
    token->first = lexer->at == 0;
    for (; lexer->at < lexer->text.len; lexer->at++) {
        char c = lexer->text.ptr[lexer->at];
        if (c == '\n') {
            lexer->line++;
            lexer->line_start = lexer->at + 1;
            token->first = true;
            token->blank_before = token->blank_before || lines > 0;
            lines++;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static void complain(
    struct lexer *lexer, struct fb_token *token, const char *hint, const char *message)
{
    token->kind = FB_TOKEN_BAD;
    if (lexer->complaints) {
        fb_complain(lexer->complaints, FB_E_SYNTAX, token->span, hint, "%s", message);
    }
}

static size_t word_length(const struct lexer *lexer)
{
    size_t n = 1;
    while (is_word(peek(lexer, n)) || (peek(lexer, n) == '-' && is_word(peek(lexer, n + 1)))) {
        n++;
    }
    return n;
}

/* A date or a number; letters that follow at once make it neither. */
static size_t number_length(struct lexer *lexer, struct fb_token *token, const char **problem)
{
    size_t n = digits(lexer, 0);
    token->kind = FB_TOKEN_NUMBER;
    if (n == 4 && peek(lexer, 4) == '-') {
        token->kind = FB_TOKEN_DATE;
        for (n = 4; is_word(peek(lexer, n)) || peek(lexer, n) == '-'; n++) {
        }
        return n;
    }
    if (n > 0 && peek(lexer, n) == ':' && is_digit(peek(lexer, n + 1))) {
        token->kind = FB_TOKEN_CLOCK;
        while (is_word(peek(lexer, n)) || (peek(lexer, n) == ':' && is_digit(peek(lexer, n + 1)))) {
            n++;
        }
        return n;
    }
    if (peek(lexer, n) == '.' && is_digit(peek(lexer, n + 1))) {
        n += 1 + digits(lexer, n + 1);
    }
    if (peek(lexer, n) == 'e' || peek(lexer, n) == 'E') {
        size_t sign = peek(lexer, n + 1) == '+' || peek(lexer, n + 1) == '-';
        size_t exponent = digits(lexer, n + 1 + sign);
        n += exponent ? 1 + sign + exponent : 0;
    }
    while (is_word(peek(lexer, n))) {
        *problem = "a number runs into letters";
        n++;
    }
    return n;
}

static size_t string_length(struct lexer *lexer, const char **problem)
{
    for (size_t n = 1; lexer->at + n < lexer->text.len; n++) {
        unsigned char c = (unsigned char)peek(lexer, n);
        if (c == '"') {
            return n + 1;
        }
        if (c < ' ') {
            *problem = "a text in quotes does not end on its line";
            return n;
        }
    }
    *problem = "a text in quotes does not end";
    return lexer->text.len - lexer->at;
}

/* Length of the token that begins here; sets its kind, and *problem when it is malformed. */
static size_t measure(
    struct lexer *lexer, struct fb_token *token, const char **problem, const char **hint)
{
    char c = peek(lexer, 0);
    if (c == '#') {
        token->kind = FB_TOKEN_COMMENT;
        return fb_str_find(lexer->text, '\n', lexer->at) - lexer->at;
    }
    if (is_letter(c)) {
        token->kind = FB_TOKEN_WORD;
        return word_length(lexer);
    }
    if (is_digit(c)) {
        *hint = "Put a blank between a number and its unit, as in '30 days'.";
        return number_length(lexer, token, problem);
    }
    if (c == '"') {
        token->kind = FB_TOKEN_STRING;
        *hint = "Close the text with \" on the same line.";
        return string_length(lexer, problem);
    }
    token->kind = FB_TOKEN_SIGN;
    if ((c == '<' || c == '>') && peek(lexer, 1) == '=') {
        return 2;
    }
    if (!c || !strchr("(),.:%+=<>", c)) {
        *problem = "a character that has no meaning here";
        *hint = "Remove it, or put the text in double quotes.";
    }
    return 1;
}

/* Takes the next token. */
static struct fb_token next(struct lexer *lexer)
{
    struct fb_token token = {.kind = FB_TOKEN_END};
    skip_space(lexer, &token);
    token.span.line = lexer->line;
    token.span.column = (uint32_t)(lexer->at - lexer->line_start) + 1;
    if (lexer->at == lexer->text.len) {
        return token;
    }
    const char *problem = NULL, *hint = "";
    size_t n = measure(lexer, &token, &problem, &hint);
    FB_ASSERT(n > 0 && lexer->at + n <= lexer->text.len);
    token.text = fb_str_sub(lexer->text, lexer->at, n);
    token.span.length = (uint32_t)n;
    if (problem) {
        complain(lexer, &token, hint, problem);
    } else if (token.kind == FB_TOKEN_STRING) {
        token.text = fb_str_sub(token.text, 1, n - 2);
    } else if (token.kind == FB_TOKEN_COMMENT) {
        token.text = fb_str_trim(token.text);
    }
    lexer->at += n;
    return token;
}

bool fb_lex(struct fb_str text, struct fb_arena *arena, struct fb_complaints *complaints,
    struct fb_tokens *out)
{
    FB_ASSERT(text.len <= FB_POLICY_TEXT_MAX);
    struct lexer counting = {.text = text, .line = 1}, lexer = counting;
    size_t count = 1;
    while (next(&counting).kind != FB_TOKEN_END) {
        count++;
    }
    struct fb_token *items = FB_ARENA_ARRAY(arena, struct fb_token, count);
    if (!items) {
        return false;
    }
    lexer.complaints = complaints;
    for (size_t i = 0; i < count; i++) {
        items[i] = next(&lexer);
    }
    FB_ASSERT(items[count - 1].kind == FB_TOKEN_END);
    *out = (struct fb_tokens){items, count};
    return true;
}

bool fb_token_spaced(const struct fb_token *before, const struct fb_token *after)
{
    static const char *const operators[] = {"and", "or", "not", "if", "when", "while", "keep"};
    bool sign = after->kind == FB_TOKEN_SIGN, opened = before->kind == FB_TOKEN_SIGN;
    if (opened && strchr("(.", before->text.ptr[0])) {
        return false;
    }
    if (sign && strchr("),.:%", after->text.ptr[0])) {
        return false;
    }
    if (!sign || !fb_str_is(after->text, "(") || before->kind != FB_TOKEN_WORD) {
        return true;
    }
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (fb_str_is(before->text, operators[i])) {
            return true;
        }
    }
    return false;
}
