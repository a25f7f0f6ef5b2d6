/* random_shrink.h: makes a sample that shows something smaller, so that a person can read it. */
#ifndef FB_TEST_RANDOM_SHRINK_H
#define FB_TEST_RANDOM_SHRINK_H

#include "random_sample.h"

/* Puts something smaller in place of each node in turn: an operand of it, or TRUE. */
static inline bool shrink_formula(
    struct sample *s, struct node **place, bool (*still)(const struct sample *s))
{
    struct node *node = *place;
    struct node *truth = &s->nodes[s->node_count];
    *truth = (struct node){.text = "TRUE"};
    struct node *smaller[] = {node->kids[0], node->kids[1], truth};
    for (size_t i = 0; i < 3; i++) {
        *place = smaller[i];
        if (smaller[i] && strcmp(node->text, "TRUE") != 0 && still(s)) {
            s->node_count += i == 2 ? 1 : 0;
            return true;
        }
    }
    *place = node;
    for (size_t i = 0; i < 2; i++) {
        if (node->kids[i] && shrink_formula(s, &node->kids[i], still)) {
            return true;
        }
    }
    return false;
}

static inline bool shrink_log(struct sample *s, bool (*still)(const struct sample *s))
{
    for (size_t i = 0; i < s->item_count; i++) {
        struct sample before = *s;
        s->item_count--;
        memmove(&s->items[i], &s->items[i + 1], (s->item_count - i) * sizeof(s->items[0]));
        if (i < s->item_count) {
            s->items[i].delay += before.items[i].delay;
        }
        if (still(s)) {
            return true;
        }
        s->item_count = before.item_count;
        memcpy(s->items, before.items, sizeof(s->items));
    }
    return false;
}

/* Makes a case smaller as long as it is `still` what it was. */
static inline void shrink(struct sample *s, bool (*still)(const struct sample *s))
{
    for (int rounds = 0; rounds < 400; rounds++) {
        if (!shrink_formula(s, &s->root, still) && !shrink_log(s, still)) {
            return;
        }
    }
}

#endif
