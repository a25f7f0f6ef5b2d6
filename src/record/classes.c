#include "record/classes.h"

#include "base/assert.h"

static const struct fb_class classes[] = {
#define FB_CLASS(name, text, laws, terms, source) {#name, text, laws, terms, source},
#include "record/classes.def"
};

const struct fb_class *fb_classes(size_t *out_count)
{
    FB_ASSERT(out_count);
    *out_count = sizeof(classes) / sizeof(classes[0]);
    return classes;
}

const struct fb_class *fb_class_named(struct fb_str name)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (fb_str_is(name, classes[i].name)) {
            return &classes[i];
        }
    }
    return NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Words between the two of a term with a tilde, at most. */
enum { NEAR_WORDS = 6, WORD_MAX = 64 };

/* A place in a text, between words. */
struct place {
    struct fb_str text;
    size_t at;
    bool ends; /* a sentence ended before the last word that was read */
};

/* Reads the next word, in lower case and cut at WORD_MAX. False at the end. */
static bool next_word(struct place *place, char out[WORD_MAX], struct fb_str *word, size_t *begin)
{
    struct fb_str text = place->text;
    place->ends = false;
    while (place->at < text.len && !is_letter(text.ptr[place->at])) {
        char c = text.ptr[place->at++];
        place->ends = place->ends || c == '.' || c == '!' || c == '?' || c == ';';
    }
    size_t len = 0;
    *begin = place->at;
    while (place->at < text.len && is_letter(text.ptr[place->at])) {
        if (len < WORD_MAX) {
            out[len++] = lower(text.ptr[place->at]);
        }
        place->at++;
    }
    *word = (struct fb_str){out, len};
    return len > 0;
}

/* True when a word is `begin` and then one of the endings, by '|'. */
static bool ends_as(struct fb_str word, struct fb_str begin, const char *endings)
{
    struct fb_str all = fb_str_of(endings);
    if (!fb_str_starts(word, begin)) {
        return false;
    }
    struct fb_str rest = fb_str_sub(word, begin.len, word.len);
    for (size_t from = 0; from <= all.len;) {
        size_t end = fb_str_find(all, '|', from);
        if (fb_str_eq(rest, fb_str_sub(all, from, end - from))) {
            return true;
        }
        from = end + 1;
    }
    return false;
}

bool fb_word_is(struct fb_str word, struct fb_str stem)
{
    if (stem.len == 0) {
        return word.len == 0;
    }
    char last = stem.ptr[stem.len - 1];
    struct fb_str but_last = fb_str_sub(stem, 0, stem.len - 1);
    if (ends_as(word, stem, "|s|es|ed|ing|er|ers")) {
        return true;
    }
    if (last == 'e' && ends_as(word, but_last, "es|ed|ing|er|ers")) {
        return true;
    }
    if (last == 'y' && ends_as(word, but_last, "ies|ied|ier|iers")) {
        return true;
    }
    /* A last consonant that is doubled: plan, planning. */
    return stem.len >= 3 && word.len > stem.len && word.ptr[stem.len] == last &&
           fb_str_starts(word, stem) &&
           ends_as(fb_str_sub(word, stem.len + 1, word.len), FB_STR(""), "ing|ed|er|ers");
}

static bool matches_word(struct fb_str word, struct fb_str pattern)
{
    if (pattern.len > 0 && pattern.ptr[pattern.len - 1] == '*') {
        return fb_str_starts(word, fb_str_sub(pattern, 0, pattern.len - 1));
    }
    return fb_word_is(word, pattern);
}

/* True when the words of a phrase stand at a place, which is the begin of a word; *out_end: behind
 * them. */
static bool phrase_at(struct place from, struct fb_str phrase, size_t *out_end)
{
    char room[WORD_MAX];
    for (size_t at = 0; at < phrase.len;) {
        struct fb_str word;
        size_t begin, end = fb_str_find(phrase, ' ', at);
        if (!next_word(&from, room, &word, &begin) || (at > 0 && from.ends) ||
            !matches_word(word, fb_str_sub(phrase, at, end - at))) {
            return false;
        }
        at = end + 1;
    }
    *out_end = from.at;
    return true;
}

/* Looks for a phrase in the next words of a sentence. */
static bool phrase_soon(struct place from, struct fb_str phrase, size_t *out_begin, size_t *out_end)
{
    char room[WORD_MAX];
    struct fb_str word;
    for (int i = 0; i <= NEAR_WORDS; i++) {
        struct place before = from;
        if (!next_word(&from, room, &word, out_begin) || from.ends) {
            return false;
        }
        before.at = *out_begin;
        if (phrase_at(before, phrase, out_end)) {
            return true;
        }
    }
    return false;
}

/* A term, taken apart. */
struct term {
    struct fb_str whole, left, right; /* right is empty without a tilde */
};

static struct term take_apart(struct fb_str whole)
{
    size_t tilde = fb_str_find(whole, '~', 0);
    struct term term = {whole, whole, {NULL, 0}};
    if (tilde < whole.len) {
        FB_ASSERT(tilde > 0 && tilde + 2 < whole.len);
        term.left = fb_str_sub(whole, 0, tilde - 1);
        term.right = fb_str_sub(whole, tilde + 2, whole.len);
    }
    return term;
}

/* True when a term begins at a place, which is the begin of a word. */
static bool term_at(struct place from, const struct term *term, size_t *out_end)
{
    size_t begin, end;
    if (term->right.len == 0) {
        return phrase_at(from, term->left, out_end);
    }
    const struct fb_str sides[2] = {term->left, term->right};
    for (int i = 0; i < 2; i++) {
        if (phrase_at(from, sides[i], &end)) {
            struct place behind = {from.text, end, false};
            if (phrase_soon(behind, sides[1 - i], &begin, out_end)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether some term that speaks of something else covers the words [at, end). */
static bool is_excused(struct fb_str text, struct fb_str terms, size_t at, size_t end)
{
    for (size_t from = 0; from < terms.len;) {
        size_t to = fb_str_find(terms, '|', from);
        struct fb_str whole = fb_str_sub(terms, from, to - from);
        from = to + 1;
        if (whole.ptr[0] != '-') {
            continue;
        }
        struct term term = take_apart(fb_str_sub(whole, 1, whole.len));
        struct place place = {text, 0, false};
        /* Such words begin at most a term before those that they cover. */
        place.at = at > 2 * WORD_MAX ? at - 2 * WORD_MAX : 0;
        for (char room[WORD_MAX];;) {
            struct fb_str word;
            size_t begin, behind;
            if (!next_word(&place, room, &word, &begin) || begin > at) {
                break;
            }
            if (term_at((struct place){text, begin, false}, &term, &behind) && behind >= end) {
                return true;
            }
        }
    }
    return false;
}

bool fb_class_speaks(
    const struct fb_class *class_, struct fb_str text, struct fb_class_match *out_match)
{
    FB_ASSERT(class_ && out_match);
    struct fb_str terms = fb_str_of(class_->terms), word;
    struct place place = {text, 0, false};
    char room[WORD_MAX];
    size_t begin, end;
    while (next_word(&place, room, &word, &begin)) {
        for (size_t from = 0; from < terms.len;) {
            size_t to = fb_str_find(terms, '|', from);
            struct term term = take_apart(fb_str_sub(terms, from, to - from));
            from = to + 1;
            if (term.whole.ptr[0] != '-' &&
                term_at((struct place){text, begin, false}, &term, &end) &&
                !is_excused(text, terms, begin, end)) {
                *out_match = (struct fb_class_match){term.whole, begin, end - begin};
                return true;
            }
        }
    }
    return false;
}
