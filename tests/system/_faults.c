// SPDX-License-Identifier: BSD-3-Clause
// Preloaded into a program of the lab (tests/system/_faults.sh compiles it). NTM_FAULT_DISK names a
// file with two numbers, read at each fsync and fdatasync: milliseconds to wait, and an errno to fail
// with, or 0. NTM_FAULT_RATE lets the program's clocks, and the timers that it sets by them, run so
// much faster than the world's.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int hold_up(void) {
    const char* name = getenv("NTM_FAULT_DISK");
    FILE* file = name != NULL ? fopen(name, "re") : NULL;
    int milliseconds = 0;
    int error = 0;
    if (file != NULL) {
        if (fscanf(file, "%d %d", &milliseconds, &error) != 2) {
            milliseconds = error = 0;
        }
        fclose(file);
    }
    usleep((unsigned)milliseconds * 1000);
    errno = error;
    return error;
}

int fsync(int fd) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return hold_up() != 0 ? -1 : next(fd);
}

int fdatasync(int fd) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return hold_up() != 0 ? -1 : next(fd);
}

static double rate(void) {
    const char* text = getenv("NTM_FAULT_RATE");
    return text != NULL ? atof(text) : 1.0;
}

static double seconds(struct timespec at) {
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static struct timespec timespec_of(double at) {
    struct timespec result = {(time_t)at, 0};
    result.tv_nsec = (long)((at - (double)result.tv_sec) * 1e9);
    return result;
}

int clock_gettime(clockid_t clock, struct timespec* at) {
    static int (*next)(clockid_t, struct timespec*);
    static double origins[2];
    if (next == NULL) {
        next = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
    }
    const int code = next(clock, at);
    if (code != 0 || clock > CLOCK_MONOTONIC || rate() == 1.0) {
        return code;
    }
    if (origins[clock] == 0) {
        origins[clock] = seconds(*at);
    }
    *at = timespec_of(origins[clock] + (seconds(*at) - origins[clock]) * rate());
    return 0;
}

// An absolute time becomes how far away it is, by the world's clock.
int timerfd_settime(int fd, int flags, const struct itimerspec* given, struct itimerspec* old) {
    int (*next)(int, int, const struct itimerspec*, struct itimerspec*) =
        (int (*)(int, int, const struct itimerspec*, struct itimerspec*))dlsym(
            RTLD_NEXT, "timerfd_settime"
        );
    const int is_set = given->it_value.tv_sec != 0 || given->it_value.tv_nsec != 0;
    if (rate() == 1.0 || !is_set) {
        return next(fd, flags, given, old);
    }
    double wait = seconds(given->it_value);
    if ((flags & TFD_TIMER_ABSTIME) != 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        wait -= seconds(now);
    }
    struct itimerspec bent = {{0, 0}, timespec_of(wait > 1e-6 ? wait / rate() : 1e-6)};
    return next(fd, 0, &bent, old);
}
