<%@ Page Language="C#" %>
<script runat="server">
    string title = "\u00dcbersicht \u2013 \u00c4nderungen";
    string greek = "\u0391\u03b8\u03ae\u03bd\u03b1";
</script>
<script>
  var words = {"ok": "\u003cb\u003eOK\u003c/b\u003e", "eval": "evaluate", "again": "\u0430\u0431\u0432"};
  var packed = eval(function(p,a,c,k,e,d){ return p; }('0 1', 2, 2, 'x|y'.split('|'), 0, {}));
</script>
