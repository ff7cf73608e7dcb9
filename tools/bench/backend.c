// An HTTP/1.1 origin for benchmarks: answers each request head with the same response and never closes first.
// Requests must have no body. One thread, no allocation after the start.
//
// usage: backend PORT [BODY_BYTES [COUNTER_FILE [ADDRESSES]]]
//   PORT          listens on 127.0.0.1:PORT
//   BODY_BYTES    of each response; 13 unless told otherwise
//   COUNTER_FILE  gets the number of responses so far, as eight bytes in the byte order of the machine, kept up to date
//   ADDRESSES     listens on that many addresses from 127.0.0.1 on, so that one process is many endpoints
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kMaxConnections = 65536, kEvents = 512 };

// One connection or listener, found by its descriptor.
struct Connection {
  int listens;            // it is a listener, and has nothing of what follows
  unsigned char matched;  // bytes of "\r\n\r\n" seen at the end of the input so far
  unsigned waiting;       // responses that are due, the one being sent included
  size_t sent;            // bytes of the current response that have left
  int watchesOutput;      // EPOLLOUT is armed
};

static struct Connection connections[kMaxConnections];
static char* response;
static size_t responseLength;
static int epollFd;
static volatile uint64_t* answered;  // written here alone; whoever maps the file reads it

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void makeResponse(size_t bodyLength) {
  response = malloc(bodyLength + 128);
  if (!response) fail("malloc");
  int head =
      sprintf(response, "HTTP/1.1 200 OK\r\nServer: backend\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
              bodyLength);
  memset(response + head, 'b', bodyLength);
  responseLength = head + bodyLength;
}

static void mapCounter(const char* path) {
  int fd = open(path, O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, sizeof *answered)) fail(path);
  answered = mmap(NULL, sizeof *answered, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (answered == MAP_FAILED) fail(path);
  close(fd);
}

static void listenOn(uint32_t host, int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr*)&address, sizeof address) || listen(fd, 4096)) fail("listen");
  connections[fd] = (struct Connection){.listens = 1};
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, &event);
}

static void acceptAll(int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (fd >= kMaxConnections) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections[fd] = (struct Connection){0};
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, &event);
  }
}

// Counts the request heads that end in these bytes.
static unsigned countHeads(struct Connection* connection, const char* bytes, size_t length) {
  static const char kEnd[] = "\r\n\r\n";
  unsigned heads = 0;
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] == kEnd[connection->matched]) {
      if (++connection->matched == 4) {
        connection->matched = 0;
        heads++;
      }
    } else {
      connection->matched = bytes[i] == '\r';
    }
  }
  return heads;
}

static void watchOutput(int fd, int on) {
  if (connections[fd].watchesOutput == on) return;
  connections[fd].watchesOutput = on;
  struct epoll_event event = {.events = on ? EPOLLOUT : EPOLLIN, .data.fd = fd};
  epoll_ctl(epollFd, EPOLL_CTL_MOD, fd, &event);
}

// Sends what is due. Returns 0 when the connection has failed.
static int sendDue(int fd) {
  struct Connection* connection = &connections[fd];
  while (connection->waiting) {
    ssize_t n = send(fd, response + connection->sent, responseLength - connection->sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN) return 0;
      watchOutput(fd, 1);
      return 1;
    }
    connection->sent += n;
    if (connection->sent == responseLength) {
      connection->sent = 0;
      connection->waiting--;
      ++*answered;
    }
  }
  watchOutput(fd, 0);
  return 1;
}

static int onReady(int fd, unsigned events) {
  static char buffer[65536];
  if (events & EPOLLOUT) return sendDue(fd);
  ssize_t n = recv(fd, buffer, sizeof buffer, 0);
  if (n < 0) return errno == EAGAIN;
  if (n == 0) return 0;
  connections[fd].waiting += countHeads(&connections[fd], buffer, n);
  return sendDue(fd);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: backend PORT [BODY_BYTES [COUNTER_FILE [ADDRESSES]]]\n");
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  static uint64_t unseen;
  answered = &unseen;
  makeResponse(argc > 2 ? strtoul(argv[2], NULL, 10) : 13);
  if (argc > 3) mapCounter(argv[3]);
  epollFd = epoll_create1(0);
  uint32_t addresses = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
  for (uint32_t i = 0; i < addresses; i++) listenOn(INADDR_LOOPBACK + i, atoi(argv[1]));
  struct epoll_event events[kEvents];
  for (;;) {
    int count = epoll_wait(epollFd, events, kEvents, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (connections[fd].listens) {
        acceptAll(fd);
      } else if (!onReady(fd, events[i].events)) {
        close(fd);
      }
    }
  }
}
