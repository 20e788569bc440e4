import { describe, expect, test } from 'vitest'
import { isHeaderName, isSecretFixTag, suspicionOf, wordsOf } from '../../src/redact/names.ts'
import type { Suspicion } from '../../src/redact/names.ts'
import { isSecretAsWhole } from '../../src/redact/values.ts'
import { attributes } from '../../src/semconv/attributes.ts'

const table: Readonly<Record<Suspicion, readonly string[]>> = {
  secret: [
    'apiKey', 'api_key', 'APIKEY', 'apikeys', 'X-MBX-APIKEY', 'OK-ACCESS-KEY', 'OK-ACCESS-SIGN', 'X-BAPI-SIGN',
    'X-BAPI-API-KEY', 'KC-API-KEY', 'KC-API-PARTNER-SIGN', 'APCA-API-SECRET-KEY', 'API-Sign', 'POLY_API_KEY',
    'secret', 'apiSecret', 'BINANCE_API_SECRET', 'binanceapisecret', 'clientSecret', 'secretAccessKey', 'totpSecret',
    'password', 'db_password', 'passwd', 'privateKey', 'private_key_pem', 'walletPrivateKey', 'privkey',
    'accessToken', 'refresh_token', 'authToken', 'bot_token', 'telegramBotToken', 'listenKey', 'jwt', 'credentials',
    'apiCreds', 'webhookUrl', 'SLACK_WEBHOOK_URL', 'csrfToken', 'otp', 'process.env.API_SECRET', 'private key',
    '密码', '私钥', 'http.request.header.x-api-key',
  ],
  line: ['Authorization', 'authorization', 'proxy-authorization', 'Cookie', 'Set-Cookie', 'http.request.header.cookie'],
  phrase: ['mnemonic', 'walletMnemonic', 'seedPhrase', 'seed phrase', 'recovery_phrase', 'passphrase', 'OK-ACCESS-PASSPHRASE', 'CLOB_PASS_PHRASE', 'POLY_PASSPHRASE', '助记词'],
  signature: ['signature', 'orderSignature', 'POLY_SIGNATURE', 'X-Signature', 'signatures', '签名'],
  token: ['token', 'userToken', 'auth', 'collateralToken'],
  sign: ['sign', 'sig', 'SIGN', 'hmac'],
  key: ['key', 'KEY', 'pk', 'WALLET_PK', 'signerKey', 'agent_key', 'WALLET_KEY', 'deployerKey'],
  seed: ['seed', 'wallet_seed'],
  pass: ['pass', 'smtp_pass'],
  address: ['address', 'walletAddress', 'funder', 'POLY_ADDRESS', 'wallet'],
  plain: [
    'orderId', 'clientOrderId', 'client_order_id', 'tokenId', 'token_id', 'token_ids', 'clobTokenIds', 'asset_id',
    'tokens', 'tokenSymbol', 'signatureType', 'signature_type', 'signer', 'signal', 'passed', 'bypass', 'keyframe',
    'idempotencyKey', 'cacheKey', 'publicKey', 'secretName', 'passwordLength', 'hasApiKey', 'isSecretSet', 'apiKeyPermissions',
    'txHash', 'transaction_hash', 'nonce', 'salt', 'timestamp', 'POLY_TIMESTAMP', 'POLY_NONCE', 'author', 'tokenize',
    'trading.correlation_id', 'seedling', 'design', 'assign', 'passive', 'x', '', '   ', '订单号',
  ],
} // prettier-ignore

describe('what a name says about its value', () => {
  for (const [suspicion, names] of Object.entries(table)) {
    test.each(names.map((name) => [name]))(`[B46] %j is ${suspicion}`, (name) => {
      expect(suspicionOf(name)).toBe(suspicion)
    })
  }

  test('[B46] no attribute of the vocabulary is hidden for its own name alone', () => {
    const names = Object.keys(attributes)
    expect(names.filter((name) => isSecretAsWhole(suspicionOf(name)))).toEqual([])
    expect(names.length).toBeGreaterThan(50)
  })

  test('a name of megabytes is read from its end', () => {
    expect(suspicionOf(`${'x'.repeat(5_000_000)}.apiKey`)).toBe('secret')
    expect(suspicionOf('A'.repeat(5_000_000))).toBe('plain')
  })
})

test('names are split where their writers joined them', () => {
  expect(wordsOf('X-MBX-APIKEY')).toEqual(['x', 'mbx', 'apikey'])
  expect(wordsOf('clobTokenIds')).toEqual(['clob', 'token', 'ids'])
  expect(wordsOf('APIKeyV2')).toEqual(['api', 'key', 'v2'])
  expect(wordsOf('process.env.API_SECRET')).toEqual(['process', 'env', 'api', 'secret'])
})

test('[B46] only names written as headers and arguments speak for the next item of a flat list', () => {
  const headers = ['X-MBX-APIKEY', '--api-key', 'API_SECRET', 'SIGN', 'Authorization', 'cookie']
  expect(headers.filter((name) => !isHeaderName(name))).toEqual([])
  expect(['token', 'password', 'apiKey', 'my password'].filter(isHeaderName)).toEqual([])
})

test('[B46] the secret fields of FIX are known by their tags', () => {
  expect(['554', '925', '96', '89'].every(isSecretFixTag)).toBe(true)
  expect(['553', '11', '37', '17'].some(isSecretFixTag)).toBe(false)
})
