// `node .config/install.mjs SCRIPT [ARGS]`: installs what is missing, then runs the script under the project's own Node.
// Does nothing before that when node_modules matches the lockfile. Plain JavaScript without dependencies: on a fresh
// clone it runs under whatever Node is on PATH. A shell remembers where it found `node` before the install, so the
// script is not left to the shell.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const lock = readFileSync('package-lock.json', 'utf8')
const stamp = 'node_modules/.installed-lock.json'
const ownNode = ['node_modules/node/bin/node', 'node_modules/node/bin/node.exe']

const installed =
  ownNode.some((path) => existsSync(path)) &&
  existsSync(stamp) &&
  readFileSync(stamp, 'utf8') === lock

if (!installed) {
  console.error('fillpath: installing dependencies (npm ci), once …')
  const npm = process.env['npm_execpath']
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  const { status } = spawnSync(
    command,
    [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    { stdio: ['ignore', 'ignore', 'inherit'], shell: !npm && process.platform === 'win32' },
  )
  if (status !== 0) {
    console.error('fillpath: npm ci failed; its messages stand above.')
    process.exit(status ?? 1)
  }
  writeFileSync(stamp, lock)
}

const [script, ...rest] = process.argv.slice(2)
if (script !== undefined) {
  // Ctrl-C reaches the script as well; this process waits for its end.
  process.on('SIGINT', () => undefined)
  const node = ownNode.find((path) => existsSync(path)) ?? process.execPath
  const { status, signal } = spawnSync(node, [script, ...rest], { stdio: 'inherit' })
  if (signal) process.kill(process.pid, signal)
  process.exit(status ?? 1)
}
