export const json = (body: unknown) => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
export const form = (fields: Record<string, string>) => ({
  body: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});

export const post = (url: string, init: RequestInit): Promise<Response> => fetch(url, { method: 'POST', ...init });

/** The response's cookie as a `Cookie` header. */
export const cookieOf = (response: Pick<Response, 'headers'>): string =>
  response.headers.get('set-cookie')!.split(';')[0]!;
