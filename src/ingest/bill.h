/*
 * bill.h: what bills of CycloneDX say of data, and which components are one; private to this room.
 */
#ifndef FB_INGEST_BILL_H
#define FB_INGEST_BILL_H

#include "ingest/cards.h"

/** The datasets of a model's card, and those of the card that the same model has at another place
 * of the bill; each may be NULL. */
struct fb_bill_card {
    const struct fb_json *datasets, *also;
};

/** The value of a property of a component, "flyball:NAME" as an exported bill has it. */
struct fb_str fb_bill_property(const struct fb_json *component, const char *name);

/** The name by which a component's record goes: with its version, where it says one. A text without
 * pointer: it has none, or memory ran out. */
struct fb_str fb_bill_versioned(struct fb_cards *cards, const struct fb_json *component);

/** What a component says of itself as a dataset; false when it is none. */
bool fb_bill_data(
    struct fb_cards *cards, const struct fb_json *component, struct fb_card_dataset *out);

/** Notes that a component is there, and what it says as a dataset, once all models are noted.
 * E_NOMEM. */
FB_CHECKED enum fb_code fb_bill_note(
    struct fb_cards *cards, const struct fb_json *component, struct fb_err *err);

/** Adds the drafts of the datasets that a card describes, with what the component of the same name
 * says beside it, and of those that it refers to and the bill does not have. Those that it refers
 * to and the bill has are components. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_bill_add_card(struct fb_cards *cards, const struct fb_bill_card *card,
    struct fb_str subject, struct fb_err *err);

/** True when two components are one: by their reference, or by name and version; nothing else that
 * both say differs. */
bool fb_bill_same(const struct fb_json *a, const struct fb_json *b);

#endif
