import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { images, missing } from './engine.ts'
import type { Server } from './engine.ts'

/** Programs of the servers that check a file without starting anything. */
const tools = {
  'otelcol-contrib': { server: 'collector', path: '/otelcol-contrib' },
  loki: { server: 'loki', path: '/usr/bin/loki' },
  promtool: { server: 'prometheus', path: '/bin/promtool' },
} as const satisfies Record<string, { readonly server: Server; readonly path: string }>

/** Runs a program in a folder; 'ok', or what it said. */
export type Tool = (folder: string, ...words: readonly string[]) => string

function told(command: string, words: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, encoding: 'utf8' })
  return status === 0 ? 'ok' : `${stdout}${stderr}` || `ended with ${String(status)}`
}

/**
 * A program of a server: its binary, or the one in its image. Undefined, and said loudly, where neither can be had;
 * throws in CI.
 */
export function tool(name: keyof typeof tools): Tool | undefined {
  const cache = process.env['FILLPATH_STACK_CACHE'] ?? join(homedir(), '.cache/fillpath-stack')
  const folders = [join(cache, 'bin'), ...(process.env['PATH'] ?? '').split(':')]
  const binary = folders.map((each) => join(each, name)).find((path) => existsSync(path))
  if (binary !== undefined) return (folder, ...words) => told(binary, words, folder)
  const { server, path } = tools[name]
  if (missing(server)) return undefined
  return (folder, ...words) => {
    const place = ['-v', `${folder}:${folder}`, '-u', '0:0', '-w', folder, '--entrypoint', path]
    return told('docker', ['run', '--rm', ...place, images[server], ...words], folder)
  }
}
