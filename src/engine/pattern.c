#include "engine/pattern.h"

#include <regex.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

struct fb_pattern {
    regex_t compiled;
    char *text; /* a copy that ends in NUL, which regexec may want */
    size_t cap;
};

/* A pattern on its way to POSIX's extended form. A repetition may double what it repeats when it is
 * compiled, so sizes are counted: of the atom read last, and of all before it in the group. */
struct translation {
    struct fb_str text;
    size_t pos;
    char out[3 * FB_PATTERN_MAX + 1];
    size_t len;
    size_t sizes[FB_PATTERN_DEPTH_MAX + 1];
    size_t atom;
    unsigned loops[FB_PATTERN_DEPTH_MAX + 1]; /* most repetitions in each other, in the group */
    unsigned atom_loops;                      /* and in the atom read last */
    bool empty[FB_PATTERN_DEPTH_MAX + 1];     /* all before the last atom may match nothing */
    bool either[FB_PATTERN_DEPTH_MAX + 1];    /* and so may an alternative before */
    bool atom_empty;                          /* and so may the atom read last, if any */
    size_t depth;
    bool repeated; /* the last thing read was a repetition */
    bool hollow;   /* a group that may match nothing is repeated */
    size_t anchors;
};

static void put(struct translation *t, char c, bool quoted)
{
    FB_ASSERT(t->len + 2 < sizeof(t->out));
    if (quoted) {
        t->out[t->len++] = '\\';
    }
    t->out[t->len++] = c;
}

static bool special(char c)
{
    return c != '\0' && strchr("(){}|.[]*+?^$\\", c) != NULL;
}

static void atom(struct translation *t, size_t size)
{
    t->sizes[t->depth] += t->atom;
    t->atom = size;
    t->loops[t->depth] = t->atom_loops > t->loops[t->depth] ? t->atom_loops : t->loops[t->depth];
    t->atom_loops = 0;
    t->empty[t->depth] = t->empty[t->depth] && t->atom_empty;
    t->atom_empty = false;
}

/* "^", "$" and "\b" match nothing, at some places. */
static void anchor(struct translation *t)
{
    t->atom_empty = true;
    t->anchors++;
}

static enum fb_code malformed(struct fb_err *err, const char *why)
{
    (void)fb_err_set(err, FB_E_SYNTAX, "a pattern is malformed: %s", why);
    return fb_err_hint(err, "Groups and alternatives are written \\( \\) and \\|.");
}

/* "[a-z]" and "[^]a]", as it stands. */
static enum fb_code put_set(struct translation *t, struct fb_err *err)
{
    size_t start = t->pos++;
    t->pos += t->pos < t->text.len && t->text.ptr[t->pos] == '^' ? 1 : 0;
    t->pos += t->pos < t->text.len && t->text.ptr[t->pos] == ']' ? 1 : 0;
    t->pos = fb_str_find(t->text, ']', t->pos);
    if (t->pos >= t->text.len) {
        return malformed(err, "a set is not closed");
    }
    t->pos++;
    for (size_t i = start; i < t->pos; i++) {
        put(t, t->text.ptr[i], false);
    }
    atom(t, 1);
    return FB_OK;
}

/* What stands behind a backslash. */
static enum fb_code put_quoted(struct translation *t, struct fb_err *err)
{
    char c = t->pos < t->text.len ? t->text.ptr[t->pos++] : '\0';
    if (c >= '1' && c <= '9') {
        return fb_err_set(err, FB_E_UNSUPPORTED, "a pattern refers to a group of its own");
    }
    if (c == '(') {
        atom(t, 0);
        if (++t->depth > FB_PATTERN_DEPTH_MAX) {
            return fb_err_set(err, FB_E_LIMIT, "groups of a pattern are nested too deeply");
        }
        t->sizes[t->depth] = 1;
        t->loops[t->depth] = 0;
        t->empty[t->depth] = true;
        t->either[t->depth] = false;
        t->atom_empty = true;
        put(t, '(', false);
    } else if (c == ')') {
        if (t->depth == 0) {
            return malformed(err, "a group is closed that was not opened");
        }
        size_t inside = t->sizes[t->depth] + t->atom;
        unsigned loops = t->loops[t->depth];
        loops = t->atom_loops > loops ? t->atom_loops : loops;
        t->atom_empty = t->either[t->depth] || (t->empty[t->depth] && t->atom_empty);
        t->depth--;
        t->atom = inside;
        t->atom_loops = loops;
        put(t, ')', false);
    } else if (c == '|') {
        atom(t, 0);
        t->either[t->depth] = t->either[t->depth] || t->empty[t->depth];
        t->empty[t->depth] = true;
        t->atom_empty = true;
        put(t, '|', false);
    } else if (c == '\0') {
        return malformed(err, "it ends in a backslash");
    } else {
        put(t, c, c == 'b' || special(c));
        atom(t, 1);
        if (c == 'b') {
            anchor(t);
        }
    }
    return FB_OK;
}

static enum fb_code translate(struct translation *t, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    while (code == FB_OK && t->pos < t->text.len) {
        char c = t->text.ptr[t->pos];
        bool again = t->repeated;
        t->repeated = c == '*' || c == '+' || c == '?';
        if (c == '[') {
            code = put_set(t, err);
            continue;
        }
        t->pos++;
        if (c == '\0') {
            code = malformed(err, "it holds a NUL");
        } else if (c == '\\') {
            code = put_quoted(t, err);
        } else if (t->repeated && again) {
            /* `x+?` is `x*`: one repetition for many, since the library's time doubles with each.
             */
            char *last = &t->out[t->len - 1];
            *last = *last == c ? c : '*';
            t->atom_empty = t->atom_empty || *last != '+';
        } else if (t->repeated) {
            put(t, c, false);
            t->atom *= 2;
            t->atom_loops++;
            t->hollow = t->hollow || t->atom_empty;
            t->atom_empty = t->atom_empty || c != '+';
        } else {
            put(t, c, strchr("(){}|", c) != NULL);
            atom(t, 1);
            if (c == '^' || c == '$') {
                anchor(t);
            }
        }
        if (code == FB_OK && (t->sizes[t->depth] + t->atom > FB_PATTERN_SIZE_MAX ||
                                 t->atom_loops > FB_PATTERN_LOOPS_MAX)) {
            code = fb_err_set(err, FB_E_LIMIT, "a pattern repeats too much within repetitions");
        }
    }
    if (code || t->depth) {
        return code ? code : malformed(err, "a group is not closed");
    }
    /* The library goes through all ways in which places and nothing can follow each other. */
    if (t->anchors > FB_PATTERN_ANCHORS_MAX || (t->anchors && t->hollow)) {
        (void)fb_err_set(err, FB_E_LIMIT, "a pattern has %s",
            t->hollow ? "^, $ or \\b, and repeats what may be nothing"
                      : "too many of ^, $ and \\b");
        return fb_err_hint(
            err, "At most %d of them; write `x*` for `\\(x*\\)*`.", FB_PATTERN_ANCHORS_MAX);
    }
    return FB_OK;
}

enum fb_code fb_pattern_new(struct fb_str text, struct fb_pattern **out, struct fb_err *err)
{
    FB_ASSERT(out && err);
    struct translation t = {.text = text, .empty = {true}, .atom_empty = true};
    if (text.len > FB_PATTERN_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a pattern is longer than %d bytes", FB_PATTERN_MAX);
    }
    enum fb_code code = translate(&t, err);
    if (code) {
        return code;
    }
    t.out[t.len] = '\0';
    struct fb_pattern *pattern = fb_calloc(1, sizeof(*pattern));
    if (!pattern) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    int failed = regcomp(&pattern->compiled, t.out, REG_EXTENDED | REG_NEWLINE);
    if (failed) {
        char why[80];
        (void)regerror(failed, &pattern->compiled, why, sizeof(why));
        fb_free(pattern);
        return failed == REG_ESPACE ? fb_err_set(err, FB_E_NOMEM, "memory ran out")
                                    : malformed(err, why);
    }
    *out = pattern;
    return FB_OK;
}

void fb_pattern_free(struct fb_pattern *pattern)
{
    if (pattern) {
        regfree(&pattern->compiled);
        fb_free(pattern->text);
        fb_free(pattern);
    }
}

enum fb_code fb_pattern_find(struct fb_pattern *pattern, struct fb_str text,
    struct fb_pattern_match *out, struct fb_err *err)
{
    FB_ASSERT(pattern && out);
    regmatch_t found[FB_PATTERN_GROUPS_MAX + 1];
    if (text.len >= pattern->cap) {
        size_t cap = 2 * text.len + 64;
        char *bigger = fb_realloc(pattern->text, cap);
        if (!bigger) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        pattern->text = bigger;
        pattern->cap = cap;
    }
    if (text.len) {
        memcpy(pattern->text, text.ptr, text.len);
    }
    pattern->text[text.len] = '\0';
    found[0].rm_so = 0;
    found[0].rm_eo = (regoff_t)text.len;
    *out = (struct fb_pattern_match){.found = false};
    if (regexec(
            &pattern->compiled, pattern->text, FB_PATTERN_GROUPS_MAX + 1, found, REG_STARTEND)) {
        return FB_OK;
    }
    out->found = true;
    for (size_t i = 0; i < FB_PATTERN_GROUPS_MAX; i++) {
        regoff_t start = found[i + 1].rm_so;
        if (start >= 0) {
            out->groups[i].ptr = text.len ? text.ptr + start : "";
            out->groups[i].len = (size_t)(found[i + 1].rm_eo - start);
        }
    }
    return FB_OK;
}
