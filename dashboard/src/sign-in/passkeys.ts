// What the browser does with passkeys: the server's JSON in, the authenticator's answer out. Older browsers lack the
// conversions of WebAuthn level 3, so they are here.
import { bytesOf, textOf } from "../push/codec";

export type PasskeyFailure = "unsupported" | "dismissed";

/** No passkey came of it; `why` is for the words. */
export class NoPasskey extends Error {
  constructor(readonly why: PasskeyFailure) {
    super(why);
  }
}

interface Named {
  readonly id: string;
  readonly type: "public-key";
  readonly transports?: AuthenticatorTransport[];
}

export type Options = Readonly<Record<string, unknown>>;

export async function makePasskey(options: Options): Promise<Record<string, unknown>> {
  const { challenge, user, excludeCredentials, ...rest } = options as unknown as {
    challenge: string;
    user: { id: string; name: string; displayName: string };
    excludeCredentials?: readonly Named[];
  };
  const publicKey = {
    ...rest,
    challenge: bytesOf(challenge),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: named(excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = await ask(() => navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return json(made, {
    clientDataJSON: textOf(response.clientDataJSON),
    attestationObject: textOf(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

export async function usePasskey(options: Options): Promise<Record<string, unknown>> {
  const { challenge, allowCredentials, ...rest } = options as unknown as {
    challenge: string;
    allowCredentials?: readonly Named[];
  };
  const publicKey = {
    ...rest,
    challenge: bytesOf(challenge),
    allowCredentials: named(allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions;
  const used = await ask(() => navigator.credentials.get({ publicKey }));
  const response = used.response as AuthenticatorAssertionResponse;
  return json(used, {
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    userHandle: response.userHandle === null ? null : textOf(response.userHandle),
  });
}

async function ask(question: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (typeof PublicKeyCredential === "undefined" || navigator.credentials === undefined) {
    throw new NoPasskey("unsupported");
  }
  try {
    const found = await question();
    if (found instanceof PublicKeyCredential) return found;
  } catch {
    // The browser does not say whether the person closed the question or has no passkey: it must not.
  }
  throw new NoPasskey("dismissed");
}

function named(credentials: readonly Named[] | undefined): PublicKeyCredentialDescriptor[] {
  return (credentials ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }));
}

function json(credential: PublicKeyCredential, response: object): Record<string, unknown> {
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}
