<%@ Control Language="C#" %>
<script runat="server">
    void Page_Load(object s, EventArgs e)
    {
        // A cookie that is decrypted and shown: nothing is run, loaded or written by it.
        HttpCookie cookie = Request.Cookies["remember"];
        if (cookie == null) return;
        byte[] plain = decryptor.TransformFinalBlock(Convert.FromBase64String(cookie.Value), 0, 16);
        name.Text = Encoding.UTF8.GetString(plain);
    }
</script>
<asp:Label ID="name" runat="server"/>
