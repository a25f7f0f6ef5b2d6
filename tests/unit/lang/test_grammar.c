/*
 * The grammar in docs/LANGUAGE.md is that of the parser: sentences are derived from it at random,
 * and the parser takes each of them, so that only the checker may refuse one (a name that is not
 * defined, a unit that does not fit). The words that stand in quotes in the grammar are all the
 * words that sentences use; what a lexer class stands for is in words_of.
 */
#include "fb_draw.h"
#include "lang/complaint.h"
#include "lang/syntax/lexer.h"
#include "lang/syntax/parser.h"
#include "lang_test.h"

enum { RULES_MAX = 100, SENTENCES = 4000, DEPTH_MAX = 14, SENTENCE_MAX = 1 << 16 };

/* A rule: its name and what stands between `=` and `;`. */
struct rule {
    struct fb_str name, body;
};

static struct rule rules[RULES_MAX];
static size_t rule_count;
static bool used[RULES_MAX];
static struct fb_buf guide;
static uint64_t draws;

static size_t draw(size_t below)
{
    return fb_draw_below(&draws, below);
}

/* ---- reading the grammar ---- */

/* Takes a token of the notation off: a quoted word, a name, or a sign. Empty at the end. */
static struct fb_str take(struct fb_str *rest)
{
    *rest = fb_str_trim(*rest);
    while (fb_str_starts(*rest, FB_STR("(*"))) { /* a comment */
        const char *end = memmem(rest->ptr, rest->len, "*)", 2);
        assert_non_null(end);
        *rest = fb_str_trim((struct fb_str){end + 2, (size_t)(rest->ptr + rest->len - end) - 2});
    }
    size_t n = rest->len ? 1 : 0;
    if (n && rest->ptr[0] == '"') {
        n = fb_str_find(*rest, '"', 1) + 1;
    } else if (n && !strchr("|[](){};=", rest->ptr[0])) {
        while (n < rest->len && !strchr(" \n|[](){};=", rest->ptr[n])) {
            n++;
        }
    }
    struct fb_str token = {rest->ptr, n};
    *rest = (struct fb_str){rest->ptr + n, rest->len - n};
    return token;
}

static void read_grammar(void)
{
    fb_buf_init(&guide, FB_POLICY_TEXT_MAX);
    read_source("docs/LANGUAGE.md", &guide);
    fb_buf_add_char(&guide, 0);
    const char *begin = strstr(guide.ptr, "    policy      = ");
    const char *end = begin ? strstr(begin, "    act, acting, keeping:") : NULL;
    assert_non_null(end);
    struct fb_str rest = {begin, (size_t)(end - begin)};
    for (;;) {
        struct fb_str name = take(&rest);
        if (name.len == 0) {
            break;
        }
        struct fb_str sign = take(&rest);
        assert_true(fb_str_is(sign, "=") && rule_count < RULES_MAX);
        const char *from = rest.ptr;
        while (!fb_str_is(sign, ";")) {
            sign = take(&rest);
            assert_true(sign.len > 0);
        }
        rules[rule_count++] = (struct rule){name, {from, (size_t)(sign.ptr - from)}};
    }
}

/* ---- deriving sentences ---- */

static void derive(struct fb_str body, unsigned depth, struct fb_buf *out);

/* One of the words that a class of the lexer, or a sentence of phrases.def, stands for. */
static bool add_class(struct fb_str name, struct fb_buf *out)
{
    static const struct {
        const char *name;
        const char *words[6];
    } classes[] = {
        {"TEXT", {"\"t\"", "\"a text\"", "\"x/y\""}},
        {"ZONE", {"\"Europe/Brussels\"", "\"+05:30\""}},
        {"PLACE", {"\"be\"", "\"us-ca\"", "\"kr\""}},
        {"WHOLE", {"1", "30", "200"}},
        {"NUMBER", {"1.5", "2", "1e25"}},
        {"PERCENT", {"50%", "95%", "12.5%"}},
        {"DATE", {"2026-01-01", "2026-12-31"}},
        {"CLOCK", {"09:00", "23:59"}},
        {"VARIABLE", {"S", "I", "Party"}},
        {"NAME", {"cyber", "initial_report", "b"}},
        {"KIND", {"incident", "system", "deployment", "order_in_force"}},
        {"field", {"issuer", "at", "id"}},
        {"quantity", {"training compute"}},
        {"FLAG", {"designated", "research_only"}},
        {"act", {"deploy S", "deploy S externally", "report I to \"o\" stage \"initial\"",
                    "notify \"o\" of \"x\" for S", "secure S at level 4", "issue incident I of S"}},
        {"acting", {"deploying S", "training S", "evaluating S on \"t\""}},
        {"keeping", {"S secure at level 4", "S secure at level 2"}},
    };
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (fb_str_is(name, classes[i].name)) {
            size_t count = 0;
            while (count < 6 && classes[i].words[count]) {
                count++;
            }
            fb_buf_addf(out, "%s ", classes[i].words[draw(count)]);
            return true;
        }
    }
    return false;
}

/* The end of the group that begins behind its bracket; alternatives of this level are counted. */
static const char *group_end(struct fb_str rest, size_t *out_alternatives)
{
    int depth = 0;
    *out_alternatives = 1;
    for (struct fb_str token = take(&rest); token.len > 0; token = take(&rest)) {
        char c = token.ptr[0];
        depth += strchr("[({", c) != NULL;
        *out_alternatives += depth == 0 && c == '|';
        if (strchr("])}", c) && depth-- == 0) {
            return token.ptr;
        }
    }
    return rest.ptr + rest.len;
}

/* Clauses and blocks begin on lines of their own. */
static bool begins_line(struct fb_str name)
{
    static const char *const names[] = {"header", "let", "redline", "duty", "commitment", "exempt",
        "pace", "test", "redclause", "dutyclause", "promise", "exemptclause", "paceclause"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (fb_str_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void add_name(struct fb_str name, unsigned depth, struct fb_buf *out)
{
    if (add_class(name, out)) {
        return;
    }
    for (size_t i = 0; i < rule_count; i++) {
        if (fb_str_eq(rules[i].name, name)) {
            used[i] = true;
            fb_buf_addf(out, "%s", begins_line(name) ? "\n" : "");
            derive(rules[i].body, depth + 1, out);
            return;
        }
    }
    fail_msg("the grammar does not say what '%.*s' is", FB_STR_ARG(name));
}

/* A sequence of one alternative. */
static void sequence(struct fb_str rest, unsigned depth, struct fb_buf *out)
{
    for (struct fb_str token = take(&rest); token.len > 0 && token.ptr[0] != '|';
         token = take(&rest)) {
        size_t ignored;
        char c = token.ptr[0];
        if (c == '"') {
            fb_buf_addf(out, "%.*s ", FB_STR_ARG(fb_str_sub(token, 1, token.len - 2)));
        } else if (strchr("[({", c)) {
            const char *end = group_end(rest, &ignored);
            struct fb_str group = {rest.ptr, (size_t)(end - rest.ptr)};
            size_t times = c == '(' ? 1 : depth > DEPTH_MAX ? 0 : c == '[' ? draw(2) : draw(3);
            for (size_t i = 0; i < times; i++) {
                derive(group, depth + 1, out);
            }
            rest = (struct fb_str){end + 1, (size_t)(rest.ptr + rest.len - end) - 1};
        } else {
            add_name(token, depth, out);
        }
    }
}

/* Deep down the last alternative, which every recursive rule of the grammar ends with. */
static void derive(struct fb_str body, unsigned depth, struct fb_buf *out)
{
    size_t alternatives;
    (void)group_end(body, &alternatives);
    size_t chosen = depth > DEPTH_MAX ? alternatives - 1 : draw(alternatives);
    struct fb_str rest = body;
    for (int level = 0; chosen > 0;) {
        struct fb_str token = take(&rest);
        assert_true(token.len > 0);
        level += strchr("[({", token.ptr[0]) ? 1 : strchr("])}", token.ptr[0]) ? -1 : 0;
        chosen -= level == 0 && token.ptr[0] == '|';
    }
    /* The alternative ends at the next bar of its own level. */
    struct fb_str probe = rest, token = take(&probe);
    for (int level = 0; token.len > 0 && !(level == 0 && token.ptr[0] == '|');
         token = take(&probe)) {
        level += strchr("[({", token.ptr[0]) ? 1 : strchr("])}", token.ptr[0]) ? -1 : 0;
    }
    sequence((struct fb_str){rest.ptr, (size_t)(token.ptr - rest.ptr)}, depth, out);
}

/* ---- tests ---- */

/* What is found when a whole clause or block is there is no matter of grammar: something said
 * twice, too much of it, or a promise that nothing was promised before. */
static bool is_of_whole(const char *message)
{
    static const char *const parts[] = {"a second '", "stands twice", "needs one safety case",
        "at most", "nothing is demanded", "a pace that is left"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(message, parts[i])) {
            return true;
        }
    }
    return false;
}

/* True when the parser takes it; else what it said first is in the log. */
static bool parses(struct fb_str text)
{
    static struct fb_policy_errors errors;
    struct fb_complaints complaints = {.name = "p.fly", .errors = &errors};
    struct fb_tokens tokens;
    struct fb_policy_tree *tree = NULL;
    struct fb_arena arena;
    errors.count = 0;
    fb_arena_init(&arena, (size_t)1 << 26);
    assert_true(fb_lex(text, &arena, &complaints, &tokens));
    fb_parse(tokens, &arena, &complaints, &tree);
    fb_arena_release(&arena);
    for (size_t i = 0; i < errors.count; i++) {
        if (!is_of_whole(errors.items[i].message)) {
            printf("# %u:%u: %s\n# in: %.*s\n", errors.items[i].line, errors.items[i].column,
                errors.items[i].message, FB_STR_ARG(text));
            return false;
        }
    }
    return true;
}

static void test_sentences(void **state)
{
    size_t refused = 0;
    struct fb_buf sentence;
    (void)state;
    fb_buf_init(&sentence, SENTENCE_MAX);
    for (size_t i = 0; i < SENTENCES; i++) {
        fb_buf_clear(&sentence);
        add_name(rules[0].name, 0, &sentence);
        refused += sentence.len < SENTENCE_MAX && !parses(fb_buf_str(&sentence));
        if (refused > 4) {
            break;
        }
    }
    fb_buf_release(&sentence);
    assert_int_equal(refused, 0);
}

static void test_all_rules(void **state)
{
    (void)state;
    assert_true(rule_count > 30);
    for (size_t i = 0; i < rule_count; i++) {
        if (!used[i]) {
            fail_msg("no sentence uses '%.*s'", FB_STR_ARG(rules[i].name));
        }
    }
}

int main(void)
{
    read_grammar();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences), cmocka_unit_test(test_all_rules)};
    int failed = cmocka_run_group_tests_name("lang grammar", tests, NULL, NULL);
    fb_buf_release(&guide);
    return failed;
}
