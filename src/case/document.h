/*
 * document.h: a case as its files say it, before anything is made of it.
 *
 * One or more modules, each a tree in the words of GSN YAML (what other formats are translated to),
 * and their elements with references by name. Nothing is refused that has the shape of a case: what
 * is odd becomes a finding, so that `case check` can list everything and a converter can pass on
 * what it does not understand. fb_case_build makes the strict argument out of it.
 */
#ifndef FB_CASE_DOCUMENT_H
#define FB_CASE_DOCUMENT_H

#include "base/map.h"
#include "case/case.h"
#include "case/yaml.h"

/** No element, no module. */
#define FB_DOC_NONE UINT32_MAX

/** Limits; each has an error and a test. */
enum {
    FB_DOC_MODULES_MAX = 1000,
    FB_DOC_FINDINGS_MAX = 10000, /**< what is found beyond is counted, not kept */
    FB_DOC_NOTES_MAX = 100,      /**< kinds of things that a reader drops; the rest is one kind */
};

/** Where something stands: in which module's file, and there. */
struct fb_doc_place {
    uint32_t module; /**< FB_DOC_NONE: in no file */
    uint32_t line;   /**< 1-based */
    size_t offset;   /**< 0-based, in bytes */
};

/** A reference by name: to an element, or to the relation between two. */
struct fb_doc_ref {
    struct fb_str name;   /**< as written; of a relation the left end */
    struct fb_str second; /**< of a relation the right end */
    bool is_relation;
    struct fb_doc_place place;
};

/** References in the order they were written. */
struct fb_doc_refs {
    struct fb_doc_ref *items;
    size_t count;
};

/** Splits "A -> B", which names a relation, into the names of its ends; false when there is no
 * arrow. */
bool fb_doc_split_relation(struct fb_str text, struct fb_str out[2]);

/** An assurance claim point: a name, and what it is on. */
struct fb_doc_acp {
    struct fb_str name;
    struct fb_doc_refs on;
};

/** An element. Text is borrowed from the tree. */
struct fb_doc_element {
    struct fb_str id;
    const struct fb_yaml *node; /**< all of it, unknown keys included */
    struct fb_doc_place place;  /**< of its id */
    bool has_kind;              /**< its id or its nodeType says what it is */
    bool kind_written;          /**< by nodeType */
    enum fb_element_kind kind;
    struct fb_str text;
    struct fb_str url;
    struct fb_str evidence;
    bool undeveloped;
    bool defeated; /**< as flagged; what is defeated is computed elsewhere */
    struct fb_doc_refs supported_by;
    struct fb_doc_refs context;
    struct fb_doc_refs repeats; /**< of an away element: the one of the other module that it is */
    struct fb_doc_refs challenges;
    struct fb_doc_refs defeated_relations;
    struct fb_doc_acp *acps;
    size_t acp_count;
};

/** What a module develops of another: elements there that are supported by elements here. */
struct fb_doc_extension {
    struct fb_str module;
    struct fb_str foreign; /**< an element of that module; empty: the module alone is named */
    struct fb_doc_refs locals;
    struct fb_doc_place place;
};

/** A module: one file. */
struct fb_doc_module {
    struct fb_str name;          /**< what it calls itself, else its path */
    const char *path;            /**< for errors; may be NULL */
    struct fb_str text;          /**< the file, for columns */
    struct fb_yaml *root;        /**< NULL for an empty file */
    const struct fb_yaml *about; /**< its module section, or NULL */
    bool is_named;               /**< the section gives a name; else gsn2x ignores the section */
    struct fb_doc_extension *extends;
    size_t extend_count;
    size_t element_count; /**< elements taken from it */
};

/** Something found: by a rule of gsn2x (V.., C..) or by one of ours (F..). */
struct fb_finding {
    char rule[4];
    bool is_error;     /**< else a warning */
    enum fb_code code; /**< what a strict reader refuses it with; FB_OK: nothing */
    struct fb_doc_place place;
    struct fb_str message;
    struct fb_str hint; /**< may be empty */
};

/** The whole. Lists grow in arena. */
struct fb_doc {
    struct fb_arena *arena;
    struct fb_doc_module *modules;
    size_t module_count;
    size_t module_cap;
    struct fb_doc_element *elements; /**< in the order of the files */
    size_t element_count;
    size_t element_cap;
    struct fb_map ids; /**< id to index + 1, as a pointer; owned */
    struct fb_finding *findings;
    size_t finding_count;
    size_t finding_cap;
    size_t error_count;
    size_t warning_count;
};

/** An empty document whose parts will live in arena. */
void fb_doc_init(struct fb_doc *doc, struct fb_arena *arena);

/** Frees what is not in the arena. */
void fb_doc_release(struct fb_doc *doc);

/** The index of an element, or FB_DOC_NONE. */
uint32_t fb_doc_find(const struct fb_doc *doc, struct fb_str id);

/** What a reader dropped of a file: how often, and where first. */
struct fb_doc_note {
    struct fb_str what;
    size_t count;
    uint32_t line;
};

/** All that it dropped. */
struct fb_doc_notes {
    struct fb_doc_note items[FB_DOC_NOTES_MAX];
    size_t count;
};

/** A file to add. All is borrowed and must outlive the document. */
struct fb_doc_file {
    const char *path;           /**< for names and errors; may be NULL */
    struct fb_str text;         /**< what root was read from */
    struct fb_yaml *root;       /**< may be NULL */
    struct fb_doc_notes *notes; /**< filled by readers, reported by fb_doc_add; may be NULL */
};

/** The name that the module section of a file gives it; NULL when it gives none, or when gsn2x does
 * not know the section as one (a name or brief that is no text, uses or extends that are no lists),
 * which then says nothing. */
struct fb_str fb_doc_module_name(const struct fb_yaml *root);

/**
 * Takes the module section and the elements of a file. An element whose id another file has already
 * ends the taking of this file's elements, in the order of ids, with finding C07, as gsn2x does.
 * E_SYNTAX when the root is no mapping, E_LIMIT beyond 1,000 modules or 100,000 elements, E_NOMEM.
 */
FB_CHECKED enum fb_code fb_doc_add(
    struct fb_doc *doc, const struct fb_doc_file *file, struct fb_err *err);

/** A finding to be recorded; message and hint go to fb_doc_report. */
struct fb_report {
    const char *rule;
    bool is_error;
    enum fb_code code;
    struct fb_doc_place place;
    const char *hint; /**< may be NULL */
};

/** Records a finding with its message. E_NOMEM. */
FB_CHECKED enum fb_code fb_doc_report(struct fb_doc *doc, const struct fb_report *report,
    struct fb_err *err, const char *fmt, ...) FB_PRINTF(4, 5);

/** Places a filled error. Returns its code. */
enum fb_code fb_doc_err_at(
    const struct fb_doc *doc, const struct fb_doc_place *place, struct fb_err *err);

/** The column of a place, 1-based, in bytes; 0 when its file is not known. */
uint32_t fb_doc_column(const struct fb_doc *doc, const struct fb_doc_place *place);

/** The place of a value and of its key, in a module's file. */
struct fb_doc_place fb_doc_at(uint32_t module, const struct fb_yaml *node);
struct fb_doc_place fb_doc_at_key(uint32_t module, const struct fb_yaml *node);

/** The kind that an id's first letters say; false when they say none. */
bool fb_element_kind_of_id(struct fb_str id, enum fb_element_kind *out);

/** The kind of a name, as nodeType writes it; false when it is none. */
bool fb_element_kind_of_type(struct fb_str type, enum fb_element_kind *out);

/** The name of a kind as nodeType writes it. */
const char *fb_element_kind_type(enum fb_element_kind kind);

/** The member of an element by a key, or NULL. */
const struct fb_yaml *fb_doc_member(const struct fb_doc_element *element, const char *key);

/**
 * Makes the argument of a document; it lives in arena and borrows nothing. relaxed takes all that
 * gsn2x takes without an error: several elements at the top, elements that belong to nothing,
 * references that stand twice, counter goals among supporters. Without it they are refused, as for
 * a case that is submitted. Errors are placed: E_SYNTAX for a circle, no elements or no top goal,
 * E_SCHEMA, E_REFERENCE, E_DUPLICATE, E_LIMIT.
 */
FB_CHECKED enum fb_code fb_case_build(const struct fb_doc *doc, bool relaxed,
    struct fb_arena *arena, struct fb_case **out, struct fb_err *err);

#endif
