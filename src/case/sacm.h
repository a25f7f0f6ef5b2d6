/*
 * sacm.h: what SACM says and the native form has no key for.
 *
 * The reader keeps it under the key `sacm` of an element, and of the module section for the case
 * and its packages; the writer puts it back in SACM's own way. A mapping of:
 *
 *   id          the handle in the file, where it is not the one that the writer makes
 *   gid, name   when they are not the id of the element; nameLang when it is not English
 *   lang        the language of `text` when it is not English
 *   texts       the text in other languages: a list of {lang, text}
 *   attributes  a mapping from names of attributes to values
 *   xml         elements of XML below it, as they stood
 *   relations   relations that say something of themselves: a list of {id, gid, name, nameLang,
 * key, of}, where key is the native one and of are the references that they stand for package (of
 * the module section) id, gid, name and nameLang of the package of the argument argument    (of the
 * module section) those that stood in a package of the argument namespaces  (likewise) prefixes
 * that these use, to what they stand for
 */
#ifndef FB_CASE_SACM_H
#define FB_CASE_SACM_H

#include <libxml/tree.h>

#include "case/formats.h"

/** What is kept of a file, while it is read. */
struct fb_sacm_keeping {
    const struct fb_doc_file *file;
    struct fb_yaml_builder *b;
    struct fb_map words; /**< of what is kept as it stood: what could be an id or a prefix */
};

/** What the reader took of an element itself. */
struct fb_sacm_taken {
    xmlNodePtr text;            /**< the child that the text is from; NULL: an attribute */
    const char *text_attribute; /**< then that one, or NULL */
    enum fb_element_kind kind;  /**< as read */
    bool undeveloped, defeated; /**< likewise */
};

/** Frees what is not in the builder's arena. */
void fb_sacm_keeping_release(struct fb_sacm_keeping *k);

/** Keeps the rest of an element, unless `to` has a key sacm. A node whose _private is set holds
 * elements of the argument. What fails is kept in the builder. */
void fb_sacm_keep_element(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to,
    const struct fb_sacm_taken *taken);

/** Keeps the handle of an element, the index-th, unless sacm_write.c would make the same; after all
 * others were kept. */
void fb_sacm_keep_id(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to, size_t index);

/** Keeps what a relation, the index-th, says of itself in the element `to` whose `key` it stands in
 * with the references `of`; nothing where it says no more than sacm_write.c makes. */
void fb_sacm_keep_relation(struct fb_sacm_keeping *k, xmlNodePtr node, size_t index,
    struct fb_yaml *to, const char *key, const struct fb_yaml *of);

/** Keeps what the case and its packages say, in the module section, which is made where there is
 * none; after all elements were kept. */
void fb_sacm_keep_case(struct fb_sacm_keeping *k, xmlNodePtr top, struct fb_yaml *root);

/** Notes something that is dropped: `what` of all elements, packages or relations. */
void fb_sacm_note(struct fb_sacm_keeping *k, xmlNodePtr at, const char *of, const char *what);

/** Notes what a relation says and is dropped; kept: fb_sacm_keep_relation takes it. */
void fb_sacm_note_relation(struct fb_sacm_keeping *k, xmlNodePtr node, bool kept);

/** Whether the writer makes this handle of the index-th: the letter and the index, and behind "_" a
 * number where that is used already. */
bool fb_sacm_is_made(struct fb_str id, char letter, size_t index);

/** The class that an element of the kind is written as. */
const char *fb_sacm_class(enum fb_element_kind kind);

/** The assertionDeclaration that a claim is written with. */
const char *fb_sacm_status(enum fb_element_kind kind, bool undeveloped, bool defeated);

/** What is kept of one element, or of the case; texts may be empty, trees NULL. */
struct fb_sacm_kept {
    struct fb_str id, gid, name, name_lang, lang, xml, argument;
    const struct fb_yaml *texts, *attributes, *namespaces, *relations, *package;
};

/** Reads a value of the key sacm into *out, which is empty when the value has not the form above
 * (its XML may be malformed): then it is to be carried as any other key. Ids in its XML are added
 * to `ids`; its names of namespaces are those of the case. E_NOMEM. */
FB_CHECKED enum fb_code fb_sacm_kept(const struct fb_yaml *value, const struct fb_yaml *namespaces,
    struct fb_map *ids, struct fb_arena *arena, struct fb_sacm_kept *out, bool *out_good,
    struct fb_err *err);

/** Text in an attribute. What XML 1.0 cannot hold becomes U+FFFD. */
void fb_sacm_add_text(struct fb_buf *out, struct fb_str text);

/** Declarations of namespaces and attributes, each with a space before it. */
void fb_sacm_add_namespaces(struct fb_buf *out, const struct fb_yaml *namespaces);
void fb_sacm_add_attributes(struct fb_buf *out, const struct fb_yaml *attributes);

#endif
