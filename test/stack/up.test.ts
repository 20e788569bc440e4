import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { portTrouble, upTrouble, versionTrouble } from '../../grafana/source/stack/trouble.ts'
import { holdPort } from '../port.ts'
import { missing } from './engine.ts'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder as a user has it who cloned the repository, with a compose project of its own. */
class Checkout {
  readonly path = mkdtempSync(join(tmpdir(), 'fillpath-up-'))
  readonly project = `fillpath-up-${process.pid}-${Date.now() % 100_000}`

  constructor() {
    for (const file of ['docker-compose.yml', 'otel-collector.yaml'])
      cpSync(file, join(this.path, file))
    symlinkSync(resolve('grafana'), join(this.path, 'grafana'))
  }

  file(name: string, text: string): void {
    writeFileSync(join(this.path, name), text)
  }

  /** A docker that says `text` and fails, for an engine that is not as it should be. */
  fakeDocker(script: string): Readonly<Record<string, string>> {
    const folder = join(this.path, 'bin')
    mkdirSync(folder)
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, 'docker'), 0o755)
    return { PATH: `${folder}:/usr/bin:/bin` }
  }

  async up(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const child = spawn(process.execPath, [resolve('grafana/source/stack/up.ts'), ...words], {
      cwd: this.path,
      env: { ...process.env, COMPOSE_PROJECT_NAME: this.project, ...env },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => (stdout += String(chunk)))
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    const [code] = (await once(child, 'close')) as (number | null)[]
    return { code: code ?? null, stdout, stderr }
  }

  remove(): void {
    const env = { ...process.env, COMPOSE_PROJECT_NAME: this.project, GRAFANA_ADMIN_PASSWORD: 'x' }
    rmSync(join(this.path, 'docker-compose.override.yml'), { force: true })
    cpSync('docker-compose.yml', join(this.path, 'docker-compose.yml'))
    spawnSync('docker', ['compose', 'down', '-v', '-t', '5'], {
      cwd: this.path,
      env,
      stdio: 'ignore',
    })
    rmSync(this.path, { recursive: true, force: true })
  }
}

let checkout: Checkout
const fresh = (): Checkout => (checkout = new Checkout())
afterEach(() => checkout?.remove(), 600_000)

/** A port that nobody has, nor gets by chance. */
async function freePort(): Promise<number> {
  const { port, release } = await holdPort()
  onTestFinished(release)
  return port
}

describe('npm run stack without what it needs', () => {
  test('no docker on the PATH', async () => {
    const { code, stderr } = await fresh().up([], { PATH: '/nowhere' })
    expect(code).toBe(2)
    expect(stderr).toContain('there is no docker on the PATH. Install Docker Engine')
  })

  test.each([
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'Docker does not run',
      'systemctl start docker',
    ],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
      'you may not use Docker',
      'usermod -aG docker',
    ],
  ])('an engine that says: %s', async (said, what, todo) => {
    const env = fresh().fakeDocker(`echo "${said}" >&2; exit 1`)
    const { code, stderr } = await checkout.up([], env)
    expect(code).toBe(2)
    expect(stderr).toContain(what)
    expect(stderr).toContain(todo)
  })

  test('a docker without its compose plugin', async () => {
    const env = fresh().fakeDocker(
      `[ "$1" = compose ] && { echo "docker: 'compose' is not a docker command." >&2; exit 1; }; echo 20.10`,
    )
    const { code, stderr } = await checkout.up([], env)
    expect(code).toBe(2)
    expect(stderr).toContain('Docker has no compose plugin')
    expect(stderr).toContain('Install docker-compose-plugin')
  })

  test('a compose plugin that is too old for docker-compose.yml', async () => {
    const env = fresh().fakeDocker('[ "$1" = compose ] && echo 2.23.3 || echo 20.10')
    const { code, stderr } = await checkout.up([], env)
    expect(code).toBe(2)
    expect(stderr).toContain('docker compose is version 2.23.3')
    expect(stderr).toContain('needs 2.24 or newer')
    for (const version of ['2.24.0', 'v2.40.3', '5.0.1', 'dev']) {
      expect(versionTrouble(version), version).toBeUndefined()
    }
  })

  test('a password for Grafana is made once, and nobody else may read it', async () => {
    const env = fresh().fakeDocker('exit 1')
    await checkout.up([], env)
    const path = join(checkout.path, '.env')
    const made = readFileSync(path, 'utf8')
    // With the folder of the channels, so that `docker compose up` means the same Grafana.
    const folder = 'FILLPATH_ALERTING=\\./\\.stack/alerting'
    expect(made).toMatch(new RegExp(`^GRAFANA_ADMIN_PASSWORD=[\\w-]{24}\\n${folder}\\n$`))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await checkout.up([], env)
    expect(readFileSync(path, 'utf8')).toBe(made)
  })

  test('[C30] a channel is on by its secrets in .env, which Grafana gets, not by those of the shell', async () => {
    const env = fresh().fakeDocker('exit 1')
    checkout.file('.env', 'TELEGRAM_BOT_TOKEN=1:a\nTELEGRAM_CHAT_ID=-42\n')
    const hook = { SLACK_WEBHOOK_URL: 'https://hooks.invalid/x' }
    await checkout.up([], { ...env, ...hook })
    const folder = join(checkout.path, '.stack/alerting')
    const points = readdirSync(folder).filter((name) => name.startsWith('contact-point'))
    expect(points).toEqual(['contact-point-telegram.yaml'])
    expect(readFileSync(join(folder, 'contact-point-telegram.yaml'), 'utf8')).toContain(
      'chatid: "-42"',
    )
    expect(readFileSync(join(folder, 'policies.yaml'), 'utf8')).not.toContain('slack')
  })

  test('Grafana, which is a user of its own, can read what was put together by one who hides all files', async () => {
    const env = fresh().fakeDocker('exit 1')
    checkout.file('.env', 'TELEGRAM_BOT_TOKEN=1:a\nTELEGRAM_CHAT_ID=-42\n')
    spawnSync(
      'sh',
      ['-c', `umask 077; exec "${process.execPath}" "${resolve('grafana/source/stack/up.ts')}"`],
      { cwd: checkout.path, env: { ...process.env, ...env } },
    )
    const folder = join(checkout.path, '.stack/alerting')
    const modeOf = (path: string): number => statSync(path).mode & 0o777
    expect(modeOf(folder)).toBe(0o755)
    const files = readdirSync(folder)
    expect(files).toContain('contact-point-telegram.yaml')
    expect(files.filter((name) => modeOf(join(folder, name)) !== 0o644)).toEqual([])
  })

  test.each([
    [
      'Error response from daemon: driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:9090 failed: port is already allocated',
      'port 9090 of prometheus is taken',
      'FILLPATH_PROMETHEUS_PORT',
    ],
    [
      'Error response from daemon: failed to set up container networking: failed to bind host port for 127.0.0.1:4318:172.18.0.2:4318/tcp: address already in use',
      'port 4318 of otel-collector is taken',
      'A desk of fillpath takes it too',
    ],
    [
      ' tempo Error manifest for grafana/tempo:9.9.9 not found: manifest unknown: manifest unknown',
      'the image of grafana/tempo:9.9.9 does not exist',
      'Check its name and version in docker-compose.yml, or in FILLPATH_TEMPO_IMAGE',
    ],
    [
      ' otel-collector Error Get "https://registry.example/v2/": dial tcp: no such host',
      'the image of otel-collector cannot be had',
      'name another with FILLPATH_COLLECTOR_IMAGE',
    ],
    [
      'no such service: lokki',
      'there is no server "lokki" in docker-compose.yml',
      'It has otel-collector, loki, tempo, prometheus, grafana.',
    ],
    [
      ' b Error Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
      'cannot be had, for its registry cannot be reached',
      'docker save, docker load',
    ],
    [
      'failed to register layer: write /usr/bin/loki: no space left on device',
      'the disk of Docker is full',
      'docker system df',
    ],
    [
      'toomanyrequests: You have reached your pull rate limit.',
      'cannot be had now',
      'docker login',
    ],
    ['something new', 'docker compose up failed:\nsomething new', ''],
  ])('a start that fails with: %s', (said, what, todo) => {
    expect(upTrouble(said)).toContain(what)
    expect(upTrouble(said)).toContain(todo)
  })

  test('a port that is not the usual one is named with its own variable', () => {
    expect(portTrouble(13_100, 'FILLPATH_LOKI_PORT')).toContain('port 13100 of loki')
  })
})

describe.skipIf(missing('loki'))('npm run stack with a real engine', () => {
  test('starts what it is told, waits until it is ready, and once more changes nothing', async () => {
    const env = { FILLPATH_LOKI_PORT: String(await freePort()) }
    const first = await fresh().up(['loki'], env)
    expect(first.stderr).not.toContain('NOT ready')
    expect([first.code, first.stdout]).toEqual([0, expect.stringContaining('loki is ready')])
    // Only what was started is named.
    expect(first.stdout).toContain('Send to   http://127.0.0.1:')
    expect(first.stdout).not.toContain('Grafana ')
    const second = await checkout.up(['loki'], env)
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('loki is ready')])
  })

  test('a port that is taken: which, of which server, and the variable that moves it', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { code, stderr } = await fresh().up(['loki'], { FILLPATH_LOKI_PORT: String(port) })
    other.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} of loki is taken on 127.0.0.1`)
    expect(stderr).toContain('set FILLPATH_LOKI_PORT in .env to another port')
  })

  test('an image that cannot be had: which, and what to do without a registry', async () => {
    const { code, stderr } = await fresh().up(['loki'], {
      FILLPATH_LOKI_PORT: String(await freePort()),
      FILLPATH_LOKI_IMAGE: 'registry.invalid/loki:none',
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/the image of \S+ cannot be had/)
    expect(stderr).toContain('docker load')
  })

  test('an override that is no YAML, and one with a word that compose does not know', async () => {
    for (const [text, why] of [
      ['services:\n  loki:\n    ports: 5\n  nope: [\n', 'yaml'],
      ['services:\n  loki:\n    portz: 5\n', 'portz'],
    ] as const) {
      fresh().file('docker-compose.override.yml', text)
      const { code, stderr } = await checkout.up(['loki'])
      expect(code).toBe(2)
      expect(stderr).toContain('docker-compose.override.yml is not valid')
      expect(stderr).toContain(why)
      expect(stderr).toContain('move it away')
      checkout.remove()
    }
  })

  test('a docker-compose.yml that was broken is named, and how to have it back', async () => {
    fresh().file('docker-compose.yml', 'services: [')
    const { code, stderr } = await checkout.up(['loki'])
    expect(code).toBe(2)
    expect(stderr).toContain('docker-compose.yml is not valid')
    expect(stderr).toContain('git checkout docker-compose.yml')
  })

  test('too little disk: how much is free, where, and how much is needed', async () => {
    const { code, stderr } = await fresh().up(['loki'], { FILLPATH_STACK_DISK_GB: '900000000' })
    expect(code).toBe(2)
    expect(stderr).toMatch(/only [\d.]+ GB are free .*need 900000000 GB/)
    const wrong = await checkout.up(['loki'], { FILLPATH_STACK_DISK_GB: 'much' })
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('"much", not a number')])
  })

  test('a server that ends again and again is not waited for, and its last words are shown', async () => {
    fresh().file(
      'docker-compose.override.yml',
      'services:\n  loki:\n    command: ["-config.file=/nowhere.yaml"]\n',
    )
    const env = { FILLPATH_LOKI_PORT: String(await freePort()) }
    const { code, stderr } = await checkout.up(['loki'], env)
    expect(code).toBe(1)
    expect(stderr).toMatch(/loki is NOT ready \(its container: (?:restarting|exited)\)/)
    expect(stderr).toContain('/nowhere.yaml')
    expect(stderr).toContain('not ready: loki')
  })
})
