/*
 * scene.h: small histories made of a rule's own words and numbers. Private to the room.
 *
 * From the formulas of one or two rules the scene collects which records they speak of and which
 * values they compare each field with. A choice picks one value for each field, just below, at and
 * just above every number, and so gives a history as the text of a test's `given`.
 */
#ifndef FB_GOVERN_SCENE_H
#define FB_GOVERN_SCENE_H

#include "lang/lang.h"

/** Limits; what exceeds them is left out of the search. */
enum { FB_SCENE_FIELDS_MAX = 64, FB_SCENE_OPTIONS_MAX = 24, FB_SCENE_TASKS_MAX = 16 };

/** What a record of a scene is there for: the rule's trigger, the act, what must not come first;
 * and the acts that come before a duty behind `hence`, FB_SCENE_STEP + n for that which discharges
 * the n-th duty of its chain. */
enum fb_scene_group { FB_SCENE_TRIGGER, FB_SCENE_ACT, FB_SCENE_BEFORE, FB_SCENE_STEP };

/** A field of a record of the scene, and what it may hold. */
struct fb_scene_field {
    unsigned group; /**< of enum fb_scene_group, or FB_SCENE_STEP and more */
    uint32_t relation;
    uint32_t column;
    bool may_miss; /**< leaving it out is one more choice */
    struct fb_value options[FB_SCENE_OPTIONS_MAX];
    size_t option_count;
};

/** A scene. */
struct fb_scene {
    const struct fb_program *programs[2]; /**< whose red lines conditions may speak of */
    struct fb_str party;                  /**< who does things: "dev", or whom the policies name */
    struct fb_scene_field fields[FB_SCENE_FIELDS_MAX];
    size_t field_count;
    size_t step_count; /**< acts that open the rule, an hour after one another */
    int64_t later;     /**< weeks after its usual day that the trigger comes; may be negative */
    struct fb_str tasks[FB_SCENE_TASKS_MAX]; /**< what the red lines measure that are spoken of */
    size_t task_count;
};

/** What the red lines of a scene are brought to. */
enum fb_scene_measured { FB_SCENE_NOTHING, FB_SCENE_RULED_OUT, FB_SCENE_CROSSED, FB_SCENE_STATES };

/** How progress goes in a scene, by the terms of its policies: nobody measures it (fast); between
 * the limits of fast and slow; beyond that of slow; between the limits of fast of the two policies,
 * and between those of slow; from between the limits to fast, and the other way, at `turns`. */
enum fb_scene_pace {
    FB_SCENE_FAST,
    FB_SCENE_NORMAL,
    FB_SCENE_SLOW,
    FB_SCENE_ONE_FAST,
    FB_SCENE_ONE_SLOW,
    FB_SCENE_QUICKENS,
    FB_SCENE_SLOWS,
    FB_SCENE_PACES
};

/** One way to play it. */
struct fb_scene_choice {
    unsigned fields[FB_SCENE_FIELDS_MAX]; /**< option_count: left out */
    enum fb_scene_measured measured;
    enum fb_scene_pace pace;
    fb_time turns;  /**< when the pace changes that does; FB_TIME_MAX: that is written apart */
    fb_time act;    /**< when the act is done; FB_TIME_MAX: never */
    fb_time before; /**< the same of what must not come first */
};

/** The moments of every scene: the system is registered, its red lines are measured, the trigger.
 */
enum fb_scene_moment { FB_SCENE_REGISTERED, FB_SCENE_MEASURED, FB_SCENE_TRIGGERED };

/** When that is, in 2026; the trigger on its usual day. */
fb_time fb_scene_time(enum fb_scene_moment moment);

/** When the trigger comes. */
fb_time fb_scene_triggered(const struct fb_scene *scene);

/** When the rule of a scene is opened: at the trigger, or by the last of the acts before it. */
fb_time fb_scene_opened(const struct fb_scene *scene);

/** A rule whose formulas are collected. */
struct fb_scene_rule {
    struct fb_scene *scene;
    size_t var_field[FB_IR_VARS_MAX]; /**< 1 + a field that the variable stands in; 0: none */
};

/** Collects what a formula speaks of; NULL: nothing. First those that bind variables. */
void fb_scene_collect(struct fb_scene_rule *rule, const struct fb_form *form, unsigned group);

/** Adds what a red line measures to the tasks. */
void fb_scene_add_tasks(struct fb_scene *scene, const struct fb_redline *line);

/** How many choices a field has. */
unsigned fb_scene_choices(const struct fb_scene_field *field);

/** Appends the history as lines of `given`, in the order of time. */
void fb_scene_write(
    const struct fb_scene *scene, const struct fb_scene_choice *choice, struct fb_buf *out);

/** Appends what changes the pace at an instant; nothing where it does not change. */
void fb_scene_write_turn(const struct fb_scene *scene, const struct fb_scene_choice *choice,
    fb_time at, struct fb_buf *out);

#endif
