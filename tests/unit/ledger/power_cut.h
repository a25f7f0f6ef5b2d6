/*
 * power_cut.h: an SQLite VFS over the default one, on which disks fail and the power goes.
 *
 * It counts what changes a file (write, sync, truncate, delete), can make the n-th such call fail
 * or be the last of the process, and knows which writes were synced. Only those are sure to be
 * there after a power cut: of the others each sector of 512 bytes is there or not, as chance,
 * seeded, has it; a file that was made or deleted without a sync of its folder may be there or not.
 *
 * Meant for a child process: it never goes back to the default VFS.
 */
#ifndef FB_TEST_POWER_CUT_H
#define FB_TEST_POWER_CUT_H

#include <stdbool.h>
#include <stdint.h>

/** What happens at a call. */
enum power_cut_what {
    POWER_CUT_NOTHING,
    POWER_CUT_KILL, /**< the process is killed before it; all earlier calls took effect */
    POWER_CUT_OFF,  /**< the power goes while it runs */
    POWER_CUT_FAIL, /**< it fails; a failed sync forgets what it should have written */
};

/** What shall happen, and when. */
struct power_cut {
    enum power_cut_what what;
    int64_t at;    /**< 0-based number of the call */
    int number;    /**< errno of POWER_CUT_FAIL */
    bool stays;    /**< POWER_CUT_FAIL: later calls fail too, until the disk is healed */
    uint64_t seed; /**< of what is lost */
};

/** Makes the VFS the default of this process. */
void power_cut_install(const struct power_cut *plan);

/** From now on the disk is good again, if it had failed. */
void power_cut_heal(void);

/** How many counted calls there were. */
int64_t power_cut_count(void);

/** True when every write was synced. */
bool power_cut_is_synced(void);

/** Ends the process with SIGKILL and leaves its files as a power cut might. */
_Noreturn void power_cut_now(void);

#endif
