/* Tests of src/record/classes.c: the words by which texts speak of a hazard (govern/foresight.c).
 */
#include "fb_test.h"
#include "record/classes.h"

static void test_every_class(void **state)
{
    (void)state;
    size_t count;
    const struct fb_class *classes = fb_classes(&count);
    assert_true(count >= 15);
    for (size_t i = 0; i < count; i++) {
        struct fb_str terms = fb_str_of(classes[i].terms);
        assert_ptr_equal(fb_class_named(fb_str_of(classes[i].name)), &classes[i]);
        assert_int_equal(terms.len > 0, classes[i].source[0] != 0);
        for (size_t from = 0; from < terms.len;) {
            size_t end = fb_str_find(terms, '|', from);
            struct fb_str one = fb_str_sub(terms, from, end - from);
            from = end + 1;
            assert_true(one.len >= 3);
            /* The term itself, its signs left out, is found; or excused. */
            char text[80];
            size_t len = 0;
            for (size_t c = 0; c < one.len; c++) {
                assert_true(
                    (one.ptr[c] >= 'a' && one.ptr[c] <= 'z') || strchr("-*~ ", one.ptr[c]) != NULL);
                if (!strchr("-*~", one.ptr[c])) {
                    text[len++] = one.ptr[c];
                }
            }
            struct fb_class_match match;
            bool speaks = fb_class_speaks(&classes[i], (struct fb_str){text, len}, &match);
            if (speaks != (one.ptr[0] != '-')) {
                fail_msg("%s: %.*s", classes[i].name, FB_STR_ARG(one));
            }
        }
    }
    assert_null(fb_class_named(FB_STR("nothing")));
}

/* A word and its endings. */
static void test_endings(void **state)
{
    (void)state;
    static const struct {
        const char *word, *stem;
        bool is;
    } cases[] = {{"steal", "steal", true}, {"stealing", "steal", true}, {"steals", "steal", true},
        {"stealth", "steal", false}, {"copied", "copy", true}, {"copies", "copy", true},
        {"copying", "copy", true}, {"copyright", "copy", false}, {"evading", "evade", true},
        {"evades", "evade", true}, {"evader", "evade", true}, {"kill", "skill", false},
        {"killed", "kill", true}, {"skilled", "kill", false}, {"planning", "plan", true},
        {"planet", "plan", false}, {"breaches", "breach", true}, {"spilled", "spill", true},
        {"dying", "die", false}, {"dies", "die", true}, {"", "die", false}, {"die", "", false},
        {"spiller", "spill", true}, {"hackathon", "hack", false}, {"a", "ab", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (fb_word_is(fb_str_of(cases[i].word), fb_str_of(cases[i].stem)) != cases[i].is) {
            fail_msg("%s, %s", cases[i].word, cases[i].stem);
        }
    }
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        const char *class, *text;
        int at; /* -1: it does not speak of the hazard */
    } cases[] = {
        {"weights_theft", "they may steal it", 9},
        {"weights_theft", "STOLEN, then sold", 0},
        {"weights_theft", "risk: weight theft and more", 6},
        {"weights_theft", "an unstealable thing", -1}, /* not at the begin of a word */
        {"weights_theft", "misuse_theft", 7},          /* a name of several words */
        {"weights_theft", "", -1},
        {"weights_theft", "stol", -1},
        {"cyber_breach", "a hack, then a breach", 2},
        {"cyber_breach", "shack", -1},
        {"cyber_breach", "\xC3\xA9hack", -1}, /* a letter of another script before it */
        {"loss_of_control", "Out Of Control", 0},
        {"near_miss", "it nearly came to harm", -1},
        /* Both words of a term, in any order and with endings. */
        {"weights_theft", "the weights were being copied by an insider", 4},
        {"weights_theft", "somebody copies checkpoints", 9},
        {"weights_theft", "checkpoints. They copied the menu", -1}, /* another sentence */
        {"weights_theft", "copy one two three four five six seven checkpoint", -1},
        {"weights_theft", "copy one two three four five six checkpoint", 0},
        {"loss_of_control", "it evades human oversight", 3},
        {"loss_of_control", "resists being shut down", 0},
        {"loss_of_control", "experiments were replicated three times", -1},
        {"loss_of_control", "a resistance of 3 ohms and an autonomous car", -1},
        {"loss_of_control", "it replicates and improves itself", 3},
        {"loss_of_control", "self_replication", 0},
        {"cyber_breach", "it broke into a lab", -1},
        {"cyber_breach", "breaking into other computers", 0},
        {"cyber_breach", "a breach of contract", -1},
        {"cyber_breach", "a breach of contract, then a breach", 29},
        {"death", "the kill switch works", -1},
        {"death", "two were killed", 9},
        {"death", "a skilled team; the deadline", -1},
        {"environment", "in the training environment", -1},
        {"environment", "harms the environment", 0},
        {"environment", "contamination of the benchmark", -1},
        {"serious_harm", "data poisoning", -1},
        {"serious_harm", "a poisonous answer", 2},
        {"widespread", "manipulation of logs", -1},
        {"widespread", "it manipulated thousands of voters", 3},
        {"deception", "they lied to the developers", 5},
        {"deception", "misleads its developers", 0},
        {"catastrophic_harm", "catastrophic forgetting", -1},
        {"rights_violation", "a discriminator network", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_class_match match = {.at = 77};
        struct fb_str text = fb_str_of(cases[i].text);
        const struct fb_class *class = fb_class_named(fb_str_of(cases[i].class));
        assert_non_null(class);
        bool speaks = fb_class_speaks(class, text, &match);
        if (speaks != (cases[i].at >= 0) || match.at != (speaks ? (size_t)cases[i].at : 77)) {
            fail_msg("%s: \"%s\": at %zu by %.*s", cases[i].class, cases[i].text, match.at,
                FB_STR_ARG(match.term));
        }
        assert_true(!speaks || (match.len > 0 && match.at + match.len <= text.len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_class),
        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
