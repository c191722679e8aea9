// SPDX-License-Identifier: BSD-3-Clause
// Preloaded into a relay of the lab (tests/system/_faults.sh compiles it). NTM_FAULT_BUFFERS names a file
// with one number, read all the time: so many of the relay's packet buffers are kept, or as many as there
// are, as by a driver that does not give them back. The worker of its first queue takes them, so that
// none is left to it.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

enum { most_kept = 1 << 17, pause_microseconds = 1000 };

static atomic_uint wanted;

static uint16_t keep(
    uint16_t port, uint16_t queue, struct rte_mbuf** frames, uint16_t count, uint16_t most, void* pool
) {
    static struct rte_mbuf* kept[most_kept];
    static unsigned held;
    const unsigned now_wanted = atomic_load(&wanted);
    while (held < now_wanted && (kept[held] = rte_pktmbuf_alloc(pool)) != NULL) {
        ++held;
    }
    while (held > now_wanted) {
        rte_pktmbuf_free(kept[--held]);
    }
    (void)port, (void)queue, (void)frames, (void)most;
    return count;
}

static unsigned read_number(const char* name) {
    FILE* file = fopen(name, "re");
    unsigned number = 0;
    if (file != NULL) {
        if (fscanf(file, "%u", &number) != 1) {
            number = 0;
        }
        fclose(file);
    }
    return number < most_kept ? number : most_kept;
}

static void* follow(void* name) {
    int is_there = 0;
    for (;; usleep(pause_microseconds)) {
        const unsigned number = read_number(name);
        if (number != 0 && !is_there) {
            is_there = rte_eth_add_rx_callback(0, 0, keep, rte_mempool_lookup("ntm_buffers")) != NULL;
        }
        atomic_store(&wanted, number);
    }
    return NULL;
}

__attribute__((constructor)) static void begin(void) {
    static pthread_t thread;
    char* name = getenv("NTM_FAULT_BUFFERS");
    if (name != NULL) {
        pthread_create(&thread, NULL, follow, name);
    }
}
