import { useEffect, useState } from "preact/hooks";
import { SignIn } from "../../access/sign-in.js";
import { words } from "../words/words.js";

/** Asks who is there, where the gateway wants to know; then the page is loaded anew. */
export function SignInForm() {
  const [signIn] = useState(() => new SignIn({ storage: sessionStorage, changed: () => {} }));
  const [methods, setMethods] = useState<readonly string[]>([]);
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void signIn.room().then(() => setMethods(signIn.methods));
  }, [signIn]);
  const enter = async (event: Event) => {
    event.preventDefault();
    const isIn = await signIn.withKey(key.trim()).catch(() => false);
    if (isIn) location.reload();
    else setProblem(words.signIn.unknown);
  };
  const leave = () =>
    signIn.wayToProvider(new URL(".", document.baseURI), new URL(location.href)).then(
      (way) => location.assign(way),
      () => setProblem(words.signIn.failed),
    );
  return (
    <form class="card narrow" onSubmit={enter}>
      <h2>{words.signIn.title}</h2>
      {methods.includes("oidc") && (
        <button type="button" class="strong" onClick={leave}>
          {words.signIn.with}
        </button>
      )}
      {methods.includes("key") && (
        <>
          <label class="field">
            <span>{words.signIn.key}</span>
            <input
              type="password"
              autocomplete="off"
              placeholder="mw_"
              value={key}
              onInput={({ currentTarget }) => setKey(currentTarget.value)}
            />
          </label>
          <div class="actions">
            <button type="submit" class="primary">
              {words.signIn.title}
            </button>
          </div>
        </>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
