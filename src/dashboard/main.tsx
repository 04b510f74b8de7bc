import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import { takeTokenFromAddress } from "./session/session.js";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/analyses.css";
import "./styles/comparison.css";
import "./styles/peg-detail.css";
import "./styles/upload.css";
import "./styles/print.css";

takeTokenFromAddress();
// A link that is pasted into the tab of this page changes the fragment only.
window.addEventListener("hashchange", takeTokenFromAddress);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
