// SPDX-License-Identifier: BSD-3-Clause
// usage: _fragment_flood ADDRESS SECONDS RATE    so many first fragments a second without rest, each of
// another UDP packet, from a raw socket: what 1000 bytes of a longer one carry. general_node_fragments_test
// compiles it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

// What is late is caught up in portions of a quarter of the ring that a port of the relay has.
enum { carried = 1000, most_at_once = 256, pause_nanoseconds = 1000000, a_second = 1000000000 };

struct fragment {
    struct iphdr ip;
    unsigned char bytes[carried];
};

static struct fragment fragments[most_at_once];
static struct iovec pieces[most_at_once];
static struct mmsghdr messages[most_at_once];
static struct sockaddr_in target = {.sin_family = AF_INET};

// The kernel fills in source, length and checksum, and would an identification of 0.
static void make(size_t at) {
    // Port 53 to 40000, 4000 bytes long.
    static const unsigned char udp[] = {0, 53, 0x9c, 0x40, 0x0f, 0xa0, 0, 0};
    struct fragment* made = &fragments[at];
    made->ip = (struct iphdr){
        .version = 4,
        .ihl = 5,
        .frag_off = htons(IP_MF),
        .ttl = 64,
        .protocol = IPPROTO_UDP,
        .daddr = target.sin_addr.s_addr};
    memcpy(made->bytes, udp, sizeof udp);
    pieces[at] = (struct iovec){made, sizeof *made};
    messages[at].msg_hdr = (struct msghdr){
        .msg_name = &target, .msg_namelen = sizeof target, .msg_iov = &pieces[at], .msg_iovlen = 1};
}

static double now(struct timespec* at) {
    clock_gettime(CLOCK_MONOTONIC, at);
    return (double)at->tv_sec + (double)at->tv_nsec / a_second;
}

int main(int count, char** arguments) {
    if (count != 4 || inet_pton(AF_INET, arguments[1], &target.sin_addr) != 1) {
        fprintf(stderr, "usage: _fragment_flood ADDRESS SECONDS RATE\n");
        return 2;
    }
    const double seconds = atof(arguments[2]);
    const double rate = atof(arguments[3]);
    const int made = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    for (size_t at = 0; at < most_at_once; ++at) {
        make(at);
    }
    struct timespec turn;
    const double begin = now(&turn);
    const long wanted = (long)(seconds * rate);
    long sent = 0;
    while (sent < wanted) {
        struct timespec read;
        long due = (long)((now(&read) - begin) * rate) - sent;
        due = due < most_at_once ? due : most_at_once;
        due = due < wanted - sent ? due : wanted - sent;
        for (long at = 0; at < due; ++at) {
            fragments[at].ip.id = htons((unsigned short)((sent + at) % 0xffff + 1));
        }
        const int taken = due > 0 ? sendmmsg(made, messages, (unsigned)due, 0) : 0;
        if (taken < 0 && errno != ENOBUFS && errno != EINTR) {
            perror("sendmmsg");
            return 1;
        }
        sent += taken > 0 ? taken : 0;
        turn.tv_nsec += pause_nanoseconds;
        if (turn.tv_nsec >= a_second) {
            turn.tv_nsec -= a_second;
            ++turn.tv_sec;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &turn, NULL);
    }
    printf("%ld in %.2f s\n", sent, now(&turn) - begin);
    return 0;
}
