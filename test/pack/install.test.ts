import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const install = resolve('.config/install.mjs')
let folder = ''

/** Stands in for npm: notes its arguments and leaves what an install leaves. */
const npm = `
  const { appendFileSync, mkdirSync, symlinkSync } = require('node:fs')
  appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
  if (process.env.NPM_FAILS) process.exit(3)
  mkdirSync('node_modules/node/bin', { recursive: true })
  if (!process.env.NPM_WITHOUT_SCRIPTS) symlinkSync(process.execPath, 'node_modules/node/bin/node')`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-install-'))
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  writeFileSync(join(folder, 'npm.cjs'), npm)
  writeFileSync(join(folder, 'script.mjs'), 'console.log(process.argv.slice(2).join(" "))\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(
  env: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...node, install, 'script.mjs', 'a', '--b'],
    {
      cwd: folder,
      env: { ...process.env, npm_execpath: join(folder, 'npm.cjs'), ...env },
      encoding: 'utf8',
    },
  )
  return { status, stdout, stderr }
}

const calls = (): string[] => {
  const path = join(folder, 'npm-calls')
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
}

/** Makes Node say that it is another one. */
const oldNode = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`)}`,
]

describe('npm start on a fresh clone', () => {
  test('installs once, also what a production environment leaves out, and runs the script', () => {
    const first = start({ NODE_ENV: 'production' })
    expect(first).toMatchObject({ status: 0, stdout: 'a --b\n' })
    expect(first.stderr).toContain('installing dependencies (npm ci), once')
    expect(start()).toEqual({ status: 0, stdout: 'a --b\n', stderr: '' })
    expect(calls()).toEqual([expect.stringMatching(/^ci --include=dev /)])
    writeFileSync(join(folder, 'package-lock.json'), '{ "changed": true }')
    start()
    expect(calls()).toHaveLength(2)
  })

  test('says that the install failed, with its exit code, and runs nothing', () => {
    const { status, stdout, stderr } = start({ NPM_FAILS: '1' })
    expect([status, stdout]).toEqual([3, ''])
    expect(stderr).toContain('npm ci failed; its messages stand above')
  })

  test('under an old Node whose install scripts are off, it says what to do', () => {
    const { status, stdout, stderr } = start({ NPM_WITHOUT_SCRIPTS: '1' }, oldNode)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('this is Node 20.20.2, and Node 24')
    expect(stderr).toContain('npm rebuild node --ignore-scripts=false')
    // What it names mends it.
    symlinkSync(process.execPath, join(folder, 'node_modules/node/bin/node'))
    expect(start({}, oldNode)).toEqual({ status: 0, stdout: 'a --b\n', stderr: '' })
  })

  test('under a Node 24 of the machine it needs no other, and does not install again', () => {
    expect(start({ NPM_WITHOUT_SCRIPTS: '1' })).toMatchObject({ status: 0, stdout: 'a --b\n' })
    expect(start()).toEqual({ status: 0, stdout: 'a --b\n', stderr: '' })
    expect(calls()).toHaveLength(1)
  })
})
