import { Component, type ReactNode } from "react";
import { useWords } from "../words/words.js";

/** Where a view breaks, this says so in its place: an empty page would tell nobody anything. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { say } = useWords();
  return (
    <main className="page">
      <div className="failure" role="alert">
        <h1>{say("Something on this page broke")}</h1>
        <p>{say("What is stored is safe. Load the page again; if that does not help, tell the operator.")}</p>
        <button type="button" onClick={() => location.reload()}>
          {say("Load again")}
        </button>
      </div>
    </main>
  );
}
