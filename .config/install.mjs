// `node .config/install.mjs SCRIPT [ARGS]`: installs what is missing, then runs the script under the project's own Node.
// Does nothing before that when node_modules matches the lockfile. Plain JavaScript without dependencies: on a fresh
// clone it runs under whatever Node is on PATH. A shell remembers where it found `node` before the install, so the
// script is not left to the shell.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const lock = readFileSync('package-lock.json', 'utf8')
const stamp = 'node_modules/.installed-lock.json'
const ownNode = ['node_modules/node/bin/node', 'node_modules/node/bin/node.exe']

const ownNodePath = () => ownNode.find((path) => existsSync(path))
/** Whether the Node that runs this can run the sources, where the project's own is missing. */
const isNewEnough = Number(process.versions.node.split('.')[0]) >= 24

const installed =
  (ownNodePath() !== undefined || isNewEnough) &&
  existsSync(stamp) &&
  readFileSync(stamp, 'utf8') === lock

if (!installed) {
  console.error('fillpath: installing dependencies (npm ci), once …')
  const npm = process.env['npm_execpath']
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  const { status } = spawnSync(
    command,
    // Also where NODE_ENV is "production": Node itself is among them.
    [...args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    { stdio: ['ignore', 'ignore', 'inherit'], shell: !npm && process.platform === 'win32' },
  )
  if (status !== 0) {
    console.error(
      'fillpath: npm ci failed; its messages stand above. It needs the package registry that npm is set to.',
    )
    process.exit(status ?? 1)
  }
  writeFileSync(stamp, lock)
}

const [script, ...rest] = process.argv.slice(2)
if (script !== undefined) {
  // Ctrl-C reaches the script as well; this process waits for its end.
  process.on('SIGINT', () => undefined)
  const own = ownNodePath()
  if (own === undefined && !isNewEnough) {
    console.error(
      `fillpath: this is Node ${process.versions.node}, and Node 24, which comes as a package, is not there: its install script did not run.
  Run "npm rebuild node --ignore-scripts=false", or start with a Node 24 of your own.`,
    )
    process.exit(1)
  }
  const node = own ?? process.execPath
  const { status, signal } = spawnSync(node, [script, ...rest], { stdio: 'inherit' })
  if (signal) process.kill(process.pid, signal)
  process.exit(status ?? 1)
}
