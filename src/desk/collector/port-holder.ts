/** Who listens on a TCP port of this machine, from proc(5). Linux only; elsewhere nothing is known. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

const listening = '0A'

/**
 * The process that listens on `port`, as `process 4711 (node server.js)`; undefined when it cannot be seen: another
 * system, another user, another container.
 */
export function portHolder(port: number): string | undefined {
  const inodes = listeningInodes(port)
  if (inodes.size === 0) return undefined
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    const holds = entries(`/proc/${pid}/fd`).some((fd) => {
      const socket = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1]
      return socket !== undefined && inodes.has(socket)
    })
    if (holds) return describe(pid)
  }
  return undefined
}

/** Columns of /proc/net/tcp: 1 local address as hex ip:port, 3 state, 9 inode. */
function listeningInodes(port: number): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of text(table).split('\n')) {
      const columns = line.trim().split(/\s+/)
      if (columns[1]?.endsWith(`:${hexPort}`) && columns[3] === listening && columns[9]) {
        inodes.add(columns[9])
      }
    }
  }
  return inodes
}

function describe(pid: string): string {
  const command = text(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
  const shown = command === '' ? text(`/proc/${pid}/comm`).trim() : command.slice(0, 120)
  return `process ${pid} (${shown})`
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
